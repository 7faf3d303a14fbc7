/* The benchmark's lines, on paper and as JSON. */
#include "gemm_vs_naive/gemm_vs_naive.h"

#include <string.h>

void table_heading(const bench *s, const char *label)
{
    printf("%s %8s", label, "naive");
    if (s->has_blas) {
        printf(" %8s %8s %5s   %s", "BLAS", "ratio", "peak", "difference / allowed");
    }
    printf("\n%*s %8s", (int)strlen(label), "", "GFLOP/s");
    if (s->has_blas) {
        printf(" %8s %8s %5s", "GFLOP/s", "", "%");
    }
    printf("\n");
}

static void add_json(const bench *s, const table_row *row)
{
    (void)json_object_set_new(row->json, "naive_gflops", json_real(row->gflops[0]));
    (void)json_object_set_new(row->json, "naive_cut", json_boolean(row->cut));
    if (s->has_blas) {
        (void)json_object_update_new(
            row->json, json_pack("{s:f, s:f, s:f, s:f, s:f, s:s}", "blas_gflops", row->gflops[1],
                                 "ratio", row->gflops[1] / row->gflops[0], "share_of_peak",
                                 row->gflops[1] / row->peak, "difference", row->worst.difference,
                                 "tolerance", row->worst.tolerance, "differs", row->worst.what));
    }
    (void)json_array_append(s->rows, row->json);
}

void table_add(bench *s, const table_row *row)
{
    s->cut = s->cut || row->cut;
    printf("%s %8.2f%c", row->label, row->gflops[0], row->cut ? '*' : ' ');
    if (s->has_blas) {
        printf("%8.2f %7.1fx %5.1f   %.1e / %.1e %s", row->gflops[1],
               row->gflops[1] / row->gflops[0], 100.0 * row->gflops[1] / row->peak,
               row->worst.difference, row->worst.tolerance, row->worst.what);
    }
    printf("\n");
    (void)fflush(stdout);
    if (s->rows) {
        add_json(s, row);
    }
    json_decref(row->json);
}

void table_ratios(const char *title, const ratio_table *table)
{
    printf("\n%s\n%-18s", title, "batch");
    for (int i = 0; i < BATCHES; i++) {
        printf(" %8d", batches[i]);
    }
    for (int number = 0; number < NETWORKS; number++) {
        printf("\n%-18s", networks[number].name);
        for (int i = 0; i < BATCHES; i++) {
            printf(" %7.1fx", table->ratio[number][i]);
        }
    }
    printf("\n");
}
