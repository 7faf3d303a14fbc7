# Completion of nnfs's tools for bash: their options, the values of those that take one of a list, and
# datasets and models as arguments. Needs no bash-completion package. tests/completion.sh compares it
# with what the tools and the library say.

# The options of a tool; those that end in = take a value.
_nnfs_options()
{
    local file='--delimiter= --header= --missing=' all='--help --version -h -V'
    local train='--activation= --hidden= --init= --loss= --output-activation=
        --batch= --beta2= --epochs= --epsilon= --lr= --momentum= --optimizer= --schedule=
        --until-accuracy= --weight-decay=
        --class-weight= --test= --test-targets= --validation= --validation-targets=
        --categorical= --drop= --max-categories= --missing-indicator --numeric= --scale=
        --target= --targets= --task= --weight-column= --seed= -b -e -s'
    case $1 in
    nnfs-train)
        echo "--checkpoint= --checkpoint-every= --folds= --log= --output= --profile --quiet --report= \
            --resume= --resume-anywhere --resume-outputs --threads= -o -q -t $train $file $all"
        ;;
    nnfs-tune)
        echo "--fresh --jobs= --log= --plot= --quiet --random= --threads= -j -q -t $train $file $all"
        ;;
    nnfs-eval)
        echo "--binary --calibration --confusion --json --mistakes= --quiet --split= --targets= \
            --threads= -q -t $file $all"
        ;;
    nnfs-show)
        echo "--categorical= --class= --count= --draw= --drop= --json --mistakes --model= --output= \
            --picture= --quiet --rows= --seed= --split= --target= --targets= --threads= --weights \
            -o -q -t $file $all"
        ;;
    nnfs-report) echo "--output= -o $all" ;;
    nnfs-predict) echo "--escape-formulas --output= --quiet --threads= -o -q -t $file $all" ;;
    esac
}

# The values of an option, as far as they are a list.
_nnfs_values()
{
    local activations='identity relu leaky_relu elu sigmoid tanh softplus silu gelu'
    case $1 in
    --activation) echo "$activations" ;;
    --output-activation) echo "$activations softmax" ;;
    --loss) echo cross_entropy binary_cross_entropy mse mae huber ;;
    --init)
        echo he_normal he_uniform glorot_normal glorot_uniform lecun_normal lecun_uniform \
            normal: uniform: zeros
        ;;
    --optimizer) echo sgd momentum nesterov adagrad rmsprop adam adamw ;;
    --schedule) echo constant step exponential cosine one_cycle plateau ;;
    --scale) echo standard minmax pixels none ;;
    --task) echo classes numbers ;;
    --draw) echo ascii braille 256 truecolor ;;
    --picture) echo none ;;
    --split) echo train test ;;
    --header) echo yes no ;;
    --delimiter) echo comma semicolon tab pipe ;;
    --class-weight) echo balanced ;;
    --batch | -b) echo full ;;
    --hidden) echo none ;;
    esac
}

# What a schedule can be told besides.
_nnfs_schedule_keys()
{
    case $1 in
    step) echo every= factor= warmup= ;;
    exponential) echo factor= warmup= ;;
    cosine) echo floor= warmup= ;;
    plateau) echo factor= floor= patience= warmup= ;;
    constant | one_cycle) echo warmup= ;;
    esac
}

# Words that begin with $2, of the list $1, behind what was typed already, $3. What ends in = or : and
# is there already waits for its value.
_nnfs_offer()
{
    local word
    for word in $1; do
        [[ $word == "$2"* && $2 != *[=:] ]] && COMPREPLY+=("$3$word")
    done
}

# Files whose names match the pattern $2, and folders.
_nnfs_offer_files()
{
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        # shellcheck disable=SC2053 # a pattern
        [[ -d $name || $name == $2 ]] && COMPREPLY+=("$name")
    done < <(compgen -f -- "$1")
}

# Datasets by their bare names, and files.
_nnfs_offer_data()
{
    local folder path
    [[ digits == "$1"* ]] && COMPREPLY+=(digits)
    for folder in "${NNFS_DATA:-}" data "${XDG_DATA_HOME:-$HOME/.local/share}/nnfs"; do
        [[ $folder && $1 != */* ]] || continue
        for path in "$folder/$1"*; do
            [[ -d $path || $path =~ \.(csv|tsv|txt|data)(\.gz)?$|\.npy$ ]] &&
                COMPREPLY+=("${path##*/}")
        done
    done
    _nnfs_offer_files "$1" '*'
}

# The value $2 of the option $1, of the tool $3: nnfs-tune takes several.
_nnfs_value()
{
    local last=$2
    case $1 in
    --schedule)
        if [[ $2 == *:* ]]; then
            last=${2##*[:,]}
            _nnfs_offer "$(_nnfs_schedule_keys "${2%%:*}")" "$last" "${2%"$last"}"
        else
            _nnfs_offer "$(_nnfs_values "$1")" "$2" ''
        fi
        ;;
    --test | --validation) _nnfs_offer_data "$2" ;;
    --targets | --test-targets | --validation-targets) _nnfs_offer_files "$2" '*.npy' ;;
    --log | --output | -o | --report) _nnfs_offer_files "$2" '*' ;;
    --model) _nnfs_offer_files "$2" '*.safetensors' ;;
    --plot) _nnfs_offer_files "$2" '*.svg' ;;
    --checkpoint | --resume) _nnfs_offer_files "$2" '' ;;
    *)
        [[ $1 == --activation || $3 == nnfs-tune ]] && last=${2##*,}
        _nnfs_offer "$(_nnfs_values "$1")" "$last" "${2%"$last"}"
        ;;
    esac
}

# Whether the word $2 is an option, of those in $1, whose value is the next word.
_nnfs_wants_value()
{
    [[ " ${1//[[:space:]]/ } " == *" $2= "* || $2 == -[bejost] ]]
}

# How many of the words $2... are arguments, and not options or their values.
_nnfs_count_arguments()
{
    local options=$1 count=0
    shift
    while [[ $# -gt 0 ]]; do
        if _nnfs_wants_value "$options" "$1"; then
            shift
        elif [[ $1 != -* ]]; then
            ((count++))
        fi
        shift
    done
    echo "$count"
}

# Argument $2, from 0, of the tool $1.
_nnfs_argument()
{
    case $1-$2 in
    nnfs-train-0 | nnfs-tune-0 | nnfs-show-0 | nnfs-eval-1 | nnfs-predict-1) _nnfs_offer_data "$3" ;;
    nnfs-eval-0 | nnfs-predict-0 | nnfs-show-1) _nnfs_offer_files "$3" '*.safetensors' ;;
    nnfs-report-*) _nnfs_offer_files "$3" '*.jsonl' ;;
    esac
}

# bash cuts words at = and : too, so the words are taken from the line; what stands before the last cut
# is taken off the replies again.
_nnfs()
{
    local tool=${1##*/} line=${COMP_LINE:0:COMP_POINT} cut=${COMP_WORDS[COMP_CWORD]} i
    local whole=${line##*[[:space:]]} value options stem words
    options=$(_nnfs_options "$tool")
    read -ra words <<<"${line%"$whole"}"
    value=$whole
    COMPREPLY=()
    if [[ $whole == --*=* ]]; then
        value=${whole#*=}
        _nnfs_value "${whole%%=*}" "$value" "$tool"
    elif _nnfs_wants_value "$options" "${words[-1]}"; then
        _nnfs_value "${words[-1]}" "$value" "$tool"
    elif [[ $whole == -* ]]; then
        _nnfs_offer "$options" "$whole" ''
    else
        _nnfs_argument "$tool" "$(_nnfs_count_arguments "$options" "${words[@]:1}")" "$whole"
    fi
    [[ $cut == [=:] ]] && cut=''
    stem=${value%"$cut"}
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$stem"}
    done
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
    return 0
}

complete -F _nnfs nnfs-train nnfs-tune nnfs-eval nnfs-predict nnfs-show nnfs-report
