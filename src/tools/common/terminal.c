/* What stdout can show, by the environment: the tools know no terminal database. */
#include "common/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *ink_names(int value)
{
    static const char *const names[] = {"ascii", "braille", "256", "truecolor", NULL};
    return names[value];
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    if (!value) {
        return "";
    }
    return value;
}

/* The first of these that is set decides about letters (POSIX). */
static bool shows_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = variable(names[i]);
        if (*value) {
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
        }
    }
    return false;
}

static ink choose_ink(void)
{
    const char *kind = variable("TERM");
    const char *colours = variable("COLORTERM");
    if (!isatty(STDOUT_FILENO) || !*kind || strcmp(kind, "dumb") == 0 || !shows_utf8()) {
        return INK_ASCII;
    }
    if (*variable("NO_COLOR")) {
        return INK_BRAILLE;
    }
    if (strcasecmp(colours, "truecolor") == 0 || strcasecmp(colours, "24bit") == 0 ||
        strstr(kind, "-direct")) {
        return INK_TRUECOLOR;
    }
    if (strstr(kind, "256color")) {
        return INK_256;
    }
    return INK_BRAILLE;
}

/* As the shell counts them; 0 where it does not say. */
static int columns_by_shell(void)
{
    enum { MOST = 1000 };
    long columns = strtol(variable("COLUMNS"), NULL, 10);
    if (columns > 0 && columns <= MOST) {
        return (int)columns;
    }
    return 0;
}

terminal terminal_of_stdout(void)
{
    terminal screen = {.columns = 80, .rows = 24, .ink = choose_ink()};
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) {
        size = (struct winsize){.ws_col = 0};
    }
    if (size.ws_row > 0) {
        screen.rows = size.ws_row;
    }
    if (size.ws_col > 0) {
        screen.columns = size.ws_col;
    } else if (columns_by_shell() > 0) {
        screen.columns = columns_by_shell();
    }
    return screen;
}
