/* Says which nnfs this program found, and on what machine. */
#include <nnfs/nnfs.h>
#include <stdio.h>

int main(void)
{
    nnfs_machine machine;
    nnfs_machine_describe(&machine);
    return printf("nnfs %s on %s, %s\n", nnfs_version(), machine.cpu, machine.blas) < 0;
}
