/* CSV, gzipped or not: the first byte chooses the settings, the rest is the file. */
#include "fuzz.h"
#include "table_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {0, ',', ';', '|', '\t'};
    uint8_t choice = size ? data[0] : 0;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = 1 + (choice & 1);
    settings.header = (choice >> 1) % 3 - 1;
    settings.delimiter = delimiters[(choice >> 3) % sizeof delimiters];
    check_table(csv_read, fuzz_file(0, data + (size > 0), size - (size > 0)), &settings);
    return 0;
}
