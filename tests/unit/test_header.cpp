/* The public header is C++ too, and its functions are found under their C names. */
#include <nnfs/nnfs.h>

#include <cstdio>

int main()
{
    return std::puts(nnfs_version()) < 0;
}
