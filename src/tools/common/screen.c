/* A few lines on a terminal, drawn in place. */
#include "common/screen.h"

#include "common/bounds.h"
#include "common/exit.h"
#include "common/text.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- The terminal ---- */

static volatile sig_atomic_t continued;

/* While the process was stopped the shell wrote below the picture, and moved it. */
static void on_continue(int signal_number)
{
    (void)signal_number;
    continued = 1;
}

static bool shows_unicode(const char *terminal)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < sizeof variables / sizeof *variables && !(locale && *locale); i++) {
        locale = getenv(variables[i]);
    }
    /* The console of Linux knows UTF-8, but its font has no such dots. */
    return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8")) &&
           strcmp(terminal, "linux") != 0;
}

void screen_open(screen *s, bool wanted)
{
    const char *terminal = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    memset(s, 0, sizeof *s);
    s->live =
        wanted && terminal && *terminal && strcmp(terminal, "dumb") != 0 && isatty(STDERR_FILENO);
    if (s->live) {
        struct sigaction action = {.sa_handler = on_continue, .sa_flags = SA_RESTART};
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(SIGCONT, &action, NULL);
        s->colour = !(no_colour && *no_colour);
        s->unicode = shows_unicode(terminal);
    }
}

/* In the background the terminal belongs to the shell, or to another job. */
static bool is_ours(void)
{
    pid_t owner = tcgetpgrp(STDERR_FILENO);
    return owner < 0 || owner == getpgrp();
}

static void measure(screen *s)
{
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    s->columns = (known && size.ws_col > 0 ? size.ws_col : 80) - 1;
    s->rows = (known && size.ws_row > 0 ? size.ws_row : 24) - 1;
}

bool screen_begin(screen *s)
{
    if (!s->live || signal_caught()) {
        return false;
    }
    if (continued || !is_ours()) {
        continued = 0;
        s->drawn = 0;
    }
    measure(s);
    s->count = 0;
    return is_ours();
}

/* ---- Making a picture ---- */

void screen_new_line(screen *s)
{
    if (s->count < SCREEN_LINES) {
        s->lines[s->count++] = (screen_line){.length = 0};
    }
}

static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) {
        width += !text_continues(*text);
    }
    return width;
}

static bool append(screen *s, const char *text, int width)
{
    screen_line *line = &s->lines[s->count - 1];
    size_t length = strlen(text);
    if (line->width + width > s->columns || line->length + length >= SCREEN_BYTES) {
        return false;
    }
    memcpy(line->text + line->length, text, length + 1);
    line->length += length;
    line->width += width;
    return true;
}

bool screen_add(screen *s, const char *format, ...)
{
    char text[SCREEN_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return append(s, text, width_of(text));
}

void screen_to(screen *s, int column)
{
    while (s->lines[s->count - 1].width < column && append(s, " ", 1)) {
    }
}

void screen_colour(screen *s, const char *colour)
{
    if (s->colour) {
        (void)append(s, text_or(colour, "\033[0m"), 0);
    }
}

void screen_bar(screen *s, int width, double share)
{
    int full = (int)(share * width);
    screen_colour(s, SCREEN_GREEN);
    for (int i = 0; i < width; i++) {
        if (i == full) {
            screen_colour(s, NULL);
        }
        (void)append(s, s->unicode ? (i < full ? "━" : "─") : (i < full ? "#" : "."), 1);
    }
    screen_colour(s, NULL);
}

/* ---- Drawing it ---- */

typedef struct output {
    char text[SCREEN_LINES * (SCREEN_BYTES + 8) + 128];
    size_t length;
} output;

static void put(output *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out->text + out->length, text, length);
    out->length += length;
}

/*
 * To the first column of the picture's first line. A terminal that has become narrower has broken
 * its lines anew, as most do (of those that do not, a few lines above are lost).
 */
static void put_home(output *out, const screen *s)
{
    char up[24];
    int rows = 0;
    for (int i = 0; i < s->drawn; i++) {
        int columns = s->columns + 1;
        if (s->widths[i] > columns) {
            rows += (s->widths[i] + columns - 1) / columns;
        } else {
            rows += 1;
        }
    }
    rows = MIN(rows, s->rows);
    put(out, "\r");
    if (rows > 0) {
        (void)snprintf(up, sizeof up, "\033[%dA", rows);
        put(out, up);
    }
}

static void write_out(const output *out)
{
    size_t at = 0;
    ssize_t written = 1;
    while (at < out->length && written > 0) {
        written = write(STDERR_FILENO, out->text + at, out->length - at);
        if (written > 0) {
            at += (size_t)written;
        }
    }
}

void screen_show(screen *s)
{
    output out = {.length = 0};
    int count = MIN(s->count, s->rows);
    put(&out, "\033[?2026h"); /* all at once, where a terminal knows how to */
    put_home(&out, s);
    for (int i = 0; i < count; i++) {
        put(&out, s->lines[i].text);
        put(&out, "\033[K\n");
        s->widths[i] = s->lines[i].width;
    }
    put(&out, "\033[J\033[?2026l");
    s->drawn = count;
    write_out(&out);
}

void screen_clear(screen *s)
{
    if (s->drawn > 0 && screen_begin(s)) {
        screen_show(s);
    }
    s->drawn = 0;
}

void screen_leave(screen *s)
{
    s->drawn = 0;
}
