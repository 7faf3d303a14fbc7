/* Where a Cortex-M begins: its stack, and a reset that turns the FPU on and goes
 * to newlib's _start. */
extern char stack_top[];
extern void _start(void);

/* newlib calls these before and after main. */
void _init(void);
void _fini(void);

void _init(void)
{
}

void _fini(void)
{
}

static void reset(void)
{
#if defined(__ARM_FP)
    *(volatile unsigned *)0xE000ED88 |= 0xFu << 20; /* CPACR: full access to the FPU */
    __asm__ volatile("dsb\nisb");
#endif
    _start();
}

static void halt(void)
{
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top,
    reset,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
    halt,
};
