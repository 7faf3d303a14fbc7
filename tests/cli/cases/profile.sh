# Where the time of a run went, as a table and in the log.
make_small
run nnfs-train small -e 2 -t 1 --hidden 8,6 -o none --profile --log run.jsonl
check_log run.jsonl | sed -n '/^event profile/,/^$/p' | cut -d ' ' -f 1 | grep -v 'rows\.[2-7]'
run nnfs-train small -qe 1 -o none --hidden none --profile
run nnfs-train small -qe 1 -o none --log run.jsonl
check_log run.jsonl | grep -c '^event profile'
