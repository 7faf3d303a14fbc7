# nnfs-report and nnfs-train --report: what they refuse, and that both make the same page.
make_small
run nnfs-report
run nnfs-report --outptu x.html run.jsonl
run nnfs-report nowhere.jsonl
run nnfs-train -q small -e 3 -b 32 -t 1 -o none --log run.jsonl --report train.html
run nnfs-report run.jsonl -o report.html
run cmp train.html report.html
run nnfs-report run.jsonl -o run.jsonl
run nnfs-report run.jsonl -o nowhere/report.html
run nnfs-report run.jsonl -o .

# What is no run log.
: >empty.jsonl
run nnfs-report empty.jsonl
echo 'no JSON' >words.jsonl
run nnfs-report words.jsonl
echo '{"event":"epoch","epoch":1}' >headless.jsonl
run nnfs-report headless.jsonl
echo '{"event":"start","schema":"nnfs-run/2"}' >later.jsonl
run nnfs-report later.jsonl
sed '3s/.*/{"event":"epoch"}/' run.jsonl >broken.jsonl
run nnfs-report broken.jsonl
sed '2s/}/,/' run.jsonl >broken.jsonl
run nnfs-report broken.jsonl
{ cat run.jsonl && head -n 1 run.jsonl; } >twice.jsonl
run nnfs-report twice.jsonl
run ls report.html

# A log that was cut, one of a run that goes on, and events of a later time.
head -c -40 run.jsonl >cut.jsonl
run nnfs-report cut.jsonl -o cut.html
run grep -c 'its last line is cut' cut.html
head -n 2 run.jsonl >now.jsonl
run nnfs-report now.jsonl -o now.html
run grep -o 'The log has no end: the run was killed' now.html
sed '2i {"event":"of_a_later_time","x":[1,2]}' run.jsonl >later.jsonl
run nnfs-report later.jsonl -o later.html
run nnfs-report run.jsonl now.jsonl -o two.html
run grep -c '<h2>Runs</h2>' two.html

# Paths are looked at before the work.
run nnfs-train -q small -o none --report nowhere/train.html
run nnfs-train -q small -o same --report same
run nnfs-train -q small -o none --log same --report same
run nnfs-train -q small -o none --report .
