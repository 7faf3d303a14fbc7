/* The progress of a run on stderr. */
#include "progress.h"

#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_MOST = 30, LINE_MOST = 160 };

#define ERASE_LINE "\r\033[K"
#define GREEN      "\033[32m"
#define PLAIN      "\033[0m"

progress_line progress_begin(int epochs, bool quiet)
{
    const char *terminal = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    bool capable = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    return (progress_line){
        .epochs = epochs,
        .quiet = quiet,
        .live = capable && !quiet,
        .colour = capable && !(no_colour && *no_colour != '\0'),
    };
}

/* ---- Lines ---- */

typedef struct text_line {
    char text[LINE_MOST];
    size_t length;
} text_line;

static void add(text_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(text_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(line->text + line->length, LINE_MOST - line->length, format, arguments);
    va_end(arguments);
    line->length = strlen(line->text);
    (void)more; /* what does not fit is cut */
}

static int digits_of(int number)
{
    return snprintf(NULL, 0, "%d", number);
}

static void add_epoch(text_line *line, const progress_line *progress, int epoch)
{
    add(line, "%sepoch %*d/%d", progress->label, digits_of(progress->epochs), epoch,
        progress->epochs);
}

/* How good: the share that is right for classes, the root of the squared error for numbers. */
static void add_score(text_line *line, const char *of, const nnfs_evaluation *evaluation)
{
    if (!isnan(evaluation->accuracy)) {
        add(line, "  %s %s", of, text_percent(evaluation->accuracy).text);
    } else if (!isnan(evaluation->rmse)) {
        add(line, "  %s RMSE %s", of, text_error(evaluation->rmse).text);
    }
}

static void add_training(text_line *line, double loss, double accuracy)
{
    add(line, "  loss %s", text_number(loss).text);
    if (!isnan(accuracy)) {
        add(line, "  accuracy %s", text_percent(accuracy).text);
    }
}

static void add_speed(text_line *line, double samples_per_second)
{
    if (samples_per_second > 0.0 && isfinite(samples_per_second)) {
        add(line, "  %s samples/s", text_count(llround(samples_per_second)).text);
    }
}

/* ---- On a terminal ---- */

static int terminal_width(void)
{
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

static void draw_bar(const progress_line *progress, int width, double share)
{
    int full = (int)(share * width);
    (void)fputs(progress->colour ? "  " GREEN : "  ", stderr);
    for (int i = 0; i < width; i++) {
        (void)fputc(i < full ? '#' : '.', stderr);
    }
    (void)fputs(progress->colour ? PLAIN : "", stderr);
}

void progress_step(progress_line *progress, const nnfs_progress *now)
{
    if (!progress->live) {
        return;
    }
    text_line left = {.length = 0};
    text_line right = {.length = 0};
    add_epoch(&left, progress, now->epoch);
    add_training(&right, now->loss, now->accuracy);
    add_speed(&right, (double)now->samples / now->seconds);

    /* The last column stays free: some terminals wrap there already. */
    int room = terminal_width() - 1 - (int)left.length;
    int bar = room - (int)right.length - 2;
    (void)fprintf(stderr, ERASE_LINE "%s", left.text);
    if (bar >= 5 && now->steps > 0) {
        draw_bar(progress, bar < BAR_MOST ? bar : BAR_MOST, (double)now->step / (double)now->steps);
    }
    (void)fprintf(stderr, "%.*s", room > 0 ? room : 0, right.text);
    (void)fflush(stderr);
    progress->drawn = true;
}

void progress_epoch(progress_line *progress, const nnfs_epoch *epoch)
{
    if (progress->quiet) {
        return;
    }
    text_line done = {.length = 0};
    add_epoch(&done, progress, epoch->epoch);
    add_training(&done, epoch->train_loss, epoch->train_accuracy);
    add_score(&done, "validation", &epoch->validation);
    add_score(&done, "test", &epoch->test);
    add_speed(&done, epoch->samples_per_second);
    progress_end(progress);
    (void)fprintf(stderr, "%s\n", done.text);
}

void progress_end(progress_line *progress)
{
    if (progress->drawn) {
        (void)fputs(ERASE_LINE, stderr);
        (void)fflush(stderr);
        progress->drawn = false;
    }
}
