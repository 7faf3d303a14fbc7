/* What the two targets that load models promise of one. */
#ifndef NNFS_TESTS_FUZZ_MODEL_CHECKS_H
#define NNFS_TESTS_FUZZ_MODEL_CHECKS_H

/* Loads `path`; a network that comes of it is saved, loaded again, and is the same. */
void check_model(const char *path);

#endif
