/* NPZ: any bytes. */
#include "data/npy/npy.h"
#include "fuzz.h"
#include "table_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = 1;
    check_table(npz_read, fuzz_file(0, data, size), &settings);
    return 0;
}
