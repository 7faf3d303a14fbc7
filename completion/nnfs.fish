# Completion of nnfs's tools for fish. Installed under the name of each, whichever is asked for first.
# tests/completion.sh compares it with what the tools and the library say.

function __nnfs_data
    echo digits
    set -l home $HOME/.local/share
    set -q XDG_DATA_HOME; and set home $XDG_DATA_HOME
    for folder in $NNFS_DATA data $home/nnfs
        for path in $folder/*
            if test -d $path; or string match -qr '\.(csv|tsv|txt|data)(\.gz)?$|\.npy$' -- $path
                string replace -r '.*/' '' -- $path
            end
        end
    end
end

# The list, behind the part of the word that ends with a comma.
function __nnfs_list
    set -l typed (string match -r '^.*,' -- (string replace -r '^--[^=]*=' '' -- (commandline -ct)))
    for word in $argv
        echo "$typed$word"
    end
end

for tool in nnfs-train nnfs-tune nnfs-eval nnfs-predict nnfs-show nnfs-report
    complete -c $tool -e
    complete -c $tool -s h -l help -d 'Print a summary of the options'
    complete -c $tool -s V -l version -d 'Print the version'
end

for tool in nnfs-train nnfs-tune nnfs-eval nnfs-predict nnfs-show
    complete -c $tool -s q -l quiet -d 'Say nothing unless something is wrong'
    complete -c $tool -s t -l threads -x -d 'Use so many threads'
    complete -c $tool -l delimiter -x -a 'comma semicolon tab pipe' -d 'Between the cells of a CSV file'
    complete -c $tool -l header -x -a 'yes no' -d 'Whether the first line names the columns'
    complete -c $tool -l missing -x -d 'Cells that mean missing'
    complete -c $tool -a '(__nnfs_data)' -d dataset
end

set -l activations identity relu leaky_relu elu sigmoid tanh softplus silu gelu
for tool in nnfs-train nnfs-tune
    complete -c $tool -l activation -x -a "(__nnfs_list $activations)" -d 'Of the hidden layers'
    complete -c $tool -l hidden -x -a none -d 'Widths of the hidden layers'
    complete -c $tool -l init -x -d 'How weights begin' \
        -a 'he_normal he_uniform glorot_normal glorot_uniform lecun_normal lecun_uniform normal: uniform: zeros'
    complete -c $tool -l loss -x -a 'cross_entropy binary_cross_entropy mse mae huber' -d 'What is minimised'
    complete -c $tool -l output-activation -x -a "$activations softmax" -d 'Of the last layer'
    complete -c $tool -s b -l batch -x -a full -d 'Samples a step'
    complete -c $tool -l beta2 -x -d 'Of adam and adamw, alpha of rmsprop'
    complete -c $tool -s e -l epochs -x -d 'Passes over the training data'
    complete -c $tool -l epsilon -x -d 'Of adagrad, rmsprop, adam and adamw'
    complete -c $tool -l lr -x -d 'Learning rate'
    complete -c $tool -l momentum -x -d 'Momentum, or beta1 of adam and adamw'
    complete -c $tool -l optimizer -x -a 'sgd momentum nesterov adagrad rmsprop adam adamw' -d 'How weights are updated'
    complete -c $tool -l schedule -x -a 'constant step exponential cosine one_cycle plateau' -d 'Of the learning rate'
    complete -c $tool -l until-accuracy -x -d 'Stop when the test accuracy reaches this'
    complete -c $tool -l weight-decay -x -d 'Pull of the weights towards 0'
    complete -c $tool -l class-weight -x -a balanced -d 'How much the samples of each class count'
    complete -c $tool -l test -r -F -a '(__nnfs_data)' -d 'Share of the data, or dataset, to test on'
    complete -c $tool -l test-targets -r -F -d 'Targets of the NPY file of --test'
    complete -c $tool -l validation -r -F -a '(__nnfs_data)' -d 'Share of the data, or dataset, to validate on'
    complete -c $tool -l validation-targets -r -F -d 'Targets of the NPY file of --validation'
    complete -c $tool -l categorical -x -d 'Columns of categories'
    complete -c $tool -l drop -x -d 'Columns to leave out'
    complete -c $tool -l max-categories -x -d 'Inputs a column of categories may have'
    complete -c $tool -l missing-indicator -d 'An input more where numbers are missing'
    complete -c $tool -l numeric -x -d 'Columns of numbers'
    complete -c $tool -l scale -x -a 'standard minmax pixels none' -d 'How numbers become inputs'
    complete -c $tool -l target -x -d 'Columns to predict'
    complete -c $tool -l targets -r -F -d 'Targets of an NPY file'
    complete -c $tool -l task -x -a 'classes numbers' -d 'What there is to predict'
    complete -c $tool -l weight-column -x -d 'How much each sample counts'
    complete -c $tool -s s -l seed -x -d 'Of all that is random'
end

complete -c nnfs-train -l folds -x -d 'Cross-validate first, with so many parts'
complete -c nnfs-train -l checkpoint -x -a '(__fish_complete_directories)' -d 'Write checkpoints here'
complete -c nnfs-train -l checkpoint-every -x -d 'How often: seconds, or with m, epochs or steps'
complete -c nnfs-train -l log -r -F -d 'Write a run log here'
complete -c nnfs-train -l report -r -F -d 'Write a page to look at here'
complete -c nnfs-train -s o -l output -r -F -d 'Write the model here'
complete -c nnfs-train -l profile -d 'Show where the time went'
complete -c nnfs-train -l resume -x -a '(__fish_complete_directories)' -d 'Go on from the last checkpoint there'
complete -c nnfs-train -l resume-anywhere -d 'Also with another CPU, BLAS or kernel'
complete -c nnfs-train -l resume-outputs -d 'Also write the files that the checkpoint names'

complete -c nnfs-tune -l fresh -d 'Begin anew, whatever the log holds'
complete -c nnfs-tune -s j -l jobs -x -d 'Runs side by side, at most'
complete -c nnfs-tune -l log -r -F -d 'Write an object an iteration here, and go on from it'
complete -c nnfs-tune -l plot -r -F -d 'Write the plot here too'
complete -c nnfs-tune -l random -x -d 'Make so many runs drawn at random'

complete -c nnfs-eval -l binary -d 'Each class against the rest'
complete -c nnfs-eval -l calibration -d 'How often it is right, by its probability'
complete -c nnfs-eval -l confusion -d 'The whole confusion matrix'
complete -c nnfs-eval -l mistakes -x -d 'How many of the worst to list'
complete -c nnfs-eval -l json -d 'Print one JSON object'
complete -c nnfs-eval -l split -x -a 'train test' -d 'Which part'
complete -c nnfs-eval -l targets -r -F -d 'Targets of an NPY file'

complete -c nnfs-predict -l escape-formulas -d 'Put a quote before names that look like formulas'
complete -c nnfs-predict -s o -l output -r -F -d 'Write the predictions here'

complete -c nnfs-show -l categorical -x -d 'Columns of categories'
complete -c nnfs-show -l class -x -d 'Samples of this class'
complete -c nnfs-show -l count -x -d 'At most so many'
complete -c nnfs-show -l draw -x -a 'ascii braille 256 truecolor' -d How
complete -c nnfs-show -l drop -x -d 'Columns to leave out'
complete -c nnfs-show -l json -d 'Print one JSON object'
complete -c nnfs-show -l mistakes -d 'Samples that the model is wrong about'
complete -c nnfs-show -l model -r -F -d 'Say what this model makes of them'
complete -c nnfs-show -s o -l output -r -F -d 'Draw into this file'
complete -c nnfs-show -l picture -x -a none -d 'How the values of a sample lie'
complete -c nnfs-show -l rows -x -d 'These samples, from 0'
complete -c nnfs-show -l seed -x -d 'Which ones chance chooses'
complete -c nnfs-show -l split -x -a 'train test' -d 'Which part'
complete -c nnfs-show -l target -x -d 'Columns to predict'
complete -c nnfs-show -l targets -r -F -d 'Targets of an NPY file'
complete -c nnfs-show -l weights -d 'Of the first layer of a model'

complete -c nnfs-report -s o -l output -r -F -d 'Write the report here'
