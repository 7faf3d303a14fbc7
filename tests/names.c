/* The names that the library knows, as the options of nnfs-train take them: OPTION NAME,
 * a line each. */
#include <nnfs/nnfs.h>

#include <stdio.h>

static void list_activations(void)
{
    const char *name;
    for (int i = 0; (name = nnfs_activation_name((nnfs_activation)i)) != NULL; i++) {
        (void)printf("--output-activation %s\n", name);
        if (i != NNFS_SOFTMAX) { /* is for the output layer only */
            (void)printf("--activation %s\n", name);
        }
    }
}

/* Those with a scale are to be followed by it. */
static void list_inits(void)
{
    const char *name;
    for (int i = NNFS_INIT_DEFAULT + 1; (name = nnfs_init_name((nnfs_init)i)) != NULL; i++) {
        (void)printf("--init %s%s\n", name,
                     i == NNFS_INIT_NORMAL || i == NNFS_INIT_UNIFORM ? ":" : "");
    }
}

int main(void)
{
    const char *name;
    list_activations();
    list_inits();
    for (int i = 0; (name = nnfs_loss_name((nnfs_loss)i)) != NULL; i++) {
        (void)printf("--loss %s%s\n", name, i == NNFS_QUANTILE ? ":" : "");
    }
    for (int i = 0; (name = nnfs_optimizer_name((nnfs_optimizer)i)) != NULL; i++) {
        (void)printf("--optimizer %s\n", name);
    }
    for (int i = 0; (name = nnfs_schedule_name((nnfs_schedule)i)) != NULL; i++) {
        (void)printf("--schedule %s\n", name);
    }
    for (int i = NNFS_SCALING_DEFAULT + 1; (name = nnfs_scaling_name((nnfs_scaling)i)) != NULL;
         i++) {
        (void)printf("--scale %s\n", name);
    }
    return 0;
}
