#!/bin/sh
# The dependency order of the folders: a file includes only its own folder and those to the right of it.
#
#   training > formats > program > optim > network > data > table > distributed > math > platform > base
#
# The command-line tools see <nnfs/nnfs.h> and folders of src/tools alone: what tools share is common/, and
# only nnfs-tune sees another tool, the runs of nnfs-train.
#
#   tune > train > report, pictures, diagnostics > common     eval > diagnostics     show > pictures
#
# <cblas.h> is included by the cblas backend alone. Prints each violation as FILE:LINE.
# Usage: include_order.sh SOURCE_ROOT
set -eu
cd "$1"

# shellcheck disable=SC2016 # awk's fields, not the shell's
find src include -name '*.[ch]' | sort | xargs awk '
BEGIN {
    count = split("base platform math distributed table data network optim program formats training", order, " ")
    for (i = 1; i <= count; i++) {
        allowed = (i == 1 ? " " : allowed) order[i] " "
        below[order[i]] = allowed
    }

    below["tools/common"]   = " common "
    below["tools/diagnostics"]  = " diagnostics common "
    below["tools/pictures"] = " pictures common "
    below["tools/report"]   = " report common "
    below["tools/train"]    = " train report pictures diagnostics common "
    below["tools/tune"]     = " tune train common "
    below["tools/eval"]     = " eval diagnostics common "
    below["tools/export"]   = " export common "
    below["tools/import"]   = " import common "
    below["tools/predict"]  = " predict common "
    below["tools/show"]     = " show pictures common "
}

function refuse(why)
{
    printf "%s:%d: %s\n    %s\n", FILENAME, FNR, why, $0
    wrong++
}

function folder_of(path)
{
    return index(path, "/") ? substr(path, 1, index(path, "/") - 1) : ""
}

# "math/gemm.h", or in the tools "common/exit.h": inside the tree, and in the order.
function check_own(header,    folder)
{
    folder = folder_of(header)
    if (folder_name == "include") {
        refuse("the public header includes system headers only")
    } else if (header ~ /\.\./) {
        refuse("an include path goes down from src/, never up")
    } else if (folder == "") {
        refuse("write the include with its folder, as in \"base/memory.h\"")
    } else if (!index(below[folder_name], " " folder " ")) {
        refuse(folder_name " must not see " folder)
    }
}

# <stdio.h>, <nnfs/nnfs.h>
function check_system(header,    folder)
{
    folder = folder_of(header)
    if (folder in below || ("tools/" folder) in below) {
        refuse("write \"" header "\" in quotes")
    } else if (folder == "nnfs" && (header != "nnfs/nnfs.h" || folder_name == "include")) {
        refuse("the only public header is <nnfs/nnfs.h>")
    } else if (header == "cblas.h" && FILENAME != "src/math/gemm_cblas.c") {
        refuse("<cblas.h> stays in src/math/gemm_cblas.c, the gemm backend")
    }
}

FNR == 1 {
    files++
    split(FILENAME, part, "/")
    folder_name = part[1] == "include" ? "include" : part[2]
    if (folder_name == "tools") {
        folder_name = "tools/" part[3]
    }
    if (folder_name != "include" && !(folder_name in below)) {
        refuse("src/" folder_name " has no place in the order: give it one in tests/include_order.sh")
    }
}

/^[ \t]*#[ \t]*include/ {
    header = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
    if (header ~ /^".*"/) {
        split(header, part, "\"")
        check_own(part[2])
    } else if (header ~ /^<.*>/) {
        split(header, part, /[<>]/)
        check_system(part[2])
    } else {
        refuse("an include names its file")
    }
}

END {
    printf "%d files, %d violations\n", files, wrong
    exit files == 0 || wrong > 0
}'
