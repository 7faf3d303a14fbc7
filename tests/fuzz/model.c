/* Model files: any bytes. */
#include "fuzz.h"
#include "model_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_model(fuzz_file(0, data, size));
    return 0;
}
