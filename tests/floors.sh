#!/bin/sh
# The floors of the house: a file includes only its own floor's folder and those below.
#
#   cli > training > formats, optim > network > data, math > base
#
# The command-line tools see <nnfs/nnfs.h> and their own floor alone, which is divided into rooms: what
# tools share is at the bottom, and only nnfs-tune sees another tool, the runs of nnfs-train.
#
#   tune > train > report, pictures, details > common        eval > details        show > pictures
#
# <cblas.h> stays behind the seam. Prints each step upstairs as FILE:LINE. Usage: floors.sh SOURCE_ROOT
set -eu
cd "$1"

# shellcheck disable=SC2016 # awk's fields, not the shell's
find src include -name '*.[ch]' | sort | xargs awk '
BEGIN {
    below["base"]     = " base "
    below["data"]     = " data base "
    below["math"]     = " math base "
    below["network"]  = " network data math base "
    below["formats"]  = " formats network data math base "
    below["optim"]    = " optim network data math base "
    below["training"] = " training formats optim network data math base "

    below["cli/common"]   = " common "
    below["cli/details"]  = " details common "
    below["cli/pictures"] = " pictures common "
    below["cli/report"]   = " report common "
    below["cli/train"]    = " train report pictures details common "
    below["cli/tune"]     = " tune train common "
    below["cli/eval"]     = " eval details common "
    below["cli/predict"]  = " predict common "
    below["cli/show"]     = " show pictures common "
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

# "math/gemm.h", or in the tools "common/exit.h": inside the tree, and not upstairs.
function check_own(header,    folder)
{
    folder = folder_of(header)
    if (floor == "include") {
        refuse("the public header includes system headers only")
    } else if (header ~ /\.\./) {
        refuse("an include path goes down from src/, never up")
    } else if (folder == "") {
        refuse("write the include with its folder, as in \"base/memory.h\"")
    } else if (!index(below[floor], " " folder " ")) {
        refuse(floor " must not see " folder)
    }
}

# <stdio.h>, <nnfs/nnfs.h>
function check_system(header,    folder)
{
    folder = folder_of(header)
    if (folder in below || ("cli/" folder) in below) {
        refuse("write \"" header "\" in quotes")
    } else if (folder == "nnfs" && (header != "nnfs/nnfs.h" || floor == "include")) {
        refuse("the only public header is <nnfs/nnfs.h>")
    } else if (header == "cblas.h" && FILENAME != "src/math/gemm_cblas.c") {
        refuse("<cblas.h> stays in src/math/gemm_cblas.c, behind the seam")
    }
}

FNR == 1 {
    files++
    split(FILENAME, part, "/")
    floor = part[1] == "include" ? "include" : part[2]
    if (floor == "cli") {
        floor = "cli/" part[3] # a room, as its files are deeper
    }
    if (floor != "include" && !(floor in below)) {
        refuse("src/" floor " is on no floor: give it one in tests/floors.sh")
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
    printf "%d files, %d steps upstairs\n", files, wrong
    exit files == 0 || wrong > 0
}'
