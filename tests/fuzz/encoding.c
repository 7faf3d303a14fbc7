/* CSV in any encoding, with all that settings can say of its form: the first two bytes choose. */
#include "fuzz.h"
#include "table_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = {NULL,       "latin1", "UTF-16LE", "UTF-16BE",
                                            "UTF-32LE", "UTF-7",  "CP1252",   "SHIFT_JIS"};
    static const char delimiters[] = {0, ' ', ',', ';'};
    size_t told = size < 2 ? size : 2;
    uint8_t first = told > 0 ? data[0] : 0;
    uint8_t second = told > 1 ? data[1] : 0;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = 1;
    settings.encoding = encodings[first & 7];
    settings.delimiter = delimiters[(first >> 3) & 3];
    settings.skip_bad_rows = (first >> 5) & 1;
    settings.comment = (first >> 6) & 1 ? '#' : '\0';
    settings.skip = first >> 7;
    settings.decimal = ",.\0\0"[second & 3];
    settings.thousands = ",. '_\0\0\0"[(second >> 2) & 7];
    settings.date_format = (second >> 5) & 1 ? "%d/%m/%Y" : NULL;
    check_table(csv_read, fuzz_file(0, data + told, size - told), &settings);
    return 0;
}
