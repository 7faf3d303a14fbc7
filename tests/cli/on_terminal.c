/*
 * Runs a program whose stderr is a terminal of a given size, and shows what stands there in the
 * end. The terminal is a small one: it knows what the tools use of ANSI's sequences, and
 * refuses the rest.
 *
 * Usage: on_terminal COLUMNSxROWS [SIGNAL | COLUMNSxROWS]... -- PROGRAM... Each time the program
 * has drawn five more pictures, the next signal goes to it (by number; 0 stops it, as ^Z does, and
 * lets it go on), or the terminal gets another size. stdout is dropped.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 300, LETTER = 5, PICTURES = 5 };

static char cells[MOST][MOST][LETTER]; /* [row][column], UTF-8; empty is a blank */
static int columns, rows, row, column;
static bool drawing; /* a picture: what is counted next is of pictures alone */
static int widest, wrapped, scrolled, unknown, hidden, colours, pictures;
static int excused; /* pictures up to here may have been begun for an earlier size */

static void complain(const char *what)
{
    (void)fprintf(stderr, "on_terminal: %s\n", what);
    exit(2);
}

static bool parse_size(const char *text, int *width, int *height)
{
    return sscanf(text, "%dx%d", width, height) == 2 && *width > 0 && *height > 0 &&
           *width < MOST && *height < MOST;
}

/* ---- The terminal ---- */

static void new_line(void)
{
    if (row < rows - 1) {
        row++;
        return;
    }
    scrolled += drawing && pictures >= excused;
    memmove(cells[0], cells[1], sizeof cells[0] * (size_t)(rows - 1));
    memset(cells[rows - 1], 0, sizeof cells[0]);
}

static void show_letter(const char *letter)
{
    if (column == columns) {
        wrapped += drawing && pictures >= excused;
        column = 0;
        new_line();
    }
    (void)snprintf(cells[row][column], LETTER, "%.*s", LETTER - 1, letter);
    column++;
    if (drawing && pictures >= excused && column > widest) {
        widest = column;
    }
}

static void erase_right(void)
{
    memset(cells[row][column], 0, sizeof cells[0][0] * (size_t)(MOST - column));
}

static void erase_below(void)
{
    erase_right();
    memset(cells[row + 1], 0, sizeof cells[0] * (size_t)(MOST - row - 1));
}

/* What stands between "ESC [" and the letter that ends it. */
static void obey(const char *given, char letter)
{
    int count = *given ? atoi(given) : 1;
    if (letter == 'A') {
        row = row > count ? row - count : 0;
    } else if (letter == 'K' && !*given) {
        erase_right();
    } else if (letter == 'J' && !*given) {
        erase_below();
    } else if (strcmp(given, "?2026") == 0 && (letter == 'h' || letter == 'l')) {
        drawing = letter == 'h';
        pictures += letter == 'l';
    } else if (strcmp(given, "?25") == 0) {
        hidden++;
    } else if (letter == 'm') {
        colours++;
    } else {
        unknown++;
    }
}

/* A byte; sequences and letters of several bytes are gathered until they are whole. */
static void take(unsigned char byte)
{
    static char gathered[32];
    static size_t length, letter_bytes;
    if (length > 0 && gathered[0] == '\033') {
        bool ends = length >= 2 && byte >= 0x40 && byte <= 0x7e;
        gathered[length++] = (char)byte;
        if (ends || length == sizeof gathered - 1) {
            gathered[length - 1] = '\0';
            obey(gathered + 2, (char)byte);
            length = 0;
        }
    } else if (byte == '\033') {
        gathered[length++] = (char)byte;
    } else if (byte == '\r') {
        column = 0;
    } else if (byte == '\n') {
        new_line();
    } else if (byte < 0x20) {
        unknown++;
    } else {
        if (length == 0) {
            letter_bytes = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        }
        gathered[length++] = (char)byte;
        if (length == letter_bytes) {
            gathered[length] = '\0';
            show_letter(gathered);
            length = 0;
        }
    }
}

static void print_screen(void)
{
    for (int i = 0; i < rows; i++) {
        int last = MOST - 1;
        while (last >= 0 && (cells[i][last][0] == '\0' || cells[i][last][0] == ' ')) {
            last--;
        }
        (void)printf("|");
        for (int j = 0; j <= last; j++) {
            (void)printf("%s", cells[i][j][0] ? cells[i][j] : " ");
        }
        (void)printf("\n");
    }
}

/* ---- The program ---- */

static void run(char **program)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
        _exit(126);
    }
    (void)execvp(program[0], program);
    _exit(127);
}

/* Takes what the program has written so far. False at its end. */
static bool take_output(int terminal)
{
    unsigned char bytes[4096];
    ssize_t count = read(terminal, bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) {
        take(bytes[i]);
    }
    return count > 0;
}

static void act(const char *action, pid_t child, int terminal)
{
    struct winsize size = {0};
    int width, height, state;
    if (parse_size(action, &width, &height)) {
        struct pollfd unread = {.fd = terminal, .events = POLLIN};
        while (poll(&unread, 1, 0) > 0 && unread.revents & POLLIN && take_output(terminal)) {
        }
        excused = pictures + 1;
        columns = width;
        rows = height;
        size.ws_col = (unsigned short)width;
        size.ws_row = (unsigned short)height;
        (void)ioctl(terminal, TIOCSWINSZ, &size);
    } else if (atoi(action) > 0) {
        (void)kill(child, atoi(action));
    } else {
        (void)kill(child, SIGSTOP);
        (void)waitpid(child, &state, WUNTRACED);
        for (const char *shell = "[1]+ Stopped\r\n"; *shell; shell++) {
            take((unsigned char)*shell);
        }
        (void)kill(child, SIGCONT);
    }
}

int main(int argc, char **argv)
{
    int at = 1, terminal, state, wanted = PICTURES;
    if (argc < 4 || !parse_size(argv[at++], &columns, &rows)) {
        complain("usage: on_terminal COLUMNSxROWS [ACTION]... -- PROGRAM...");
    }
    int program = at;
    while (program < argc && strcmp(argv[program], "--") != 0) {
        program++;
    }
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (child < 0) {
        exit(77); /* no terminals here */
    }
    if (child == 0) {
        run(argv + program + 1);
    }
    while (take_output(terminal)) {
        if (at < program && pictures >= wanted) {
            act(argv[at++], child, terminal);
            wanted = pictures + PICTURES;
        }
    }
    (void)waitpid(child, &state, 0);
    print_screen();
    (void)printf("%s, %s: rows scrolled %d, lines broken %d, last column %s, cursor hidden %d, "
                 "sequences unknown %d\n",
                 pictures > 2   ? "drawn again and again"
                 : pictures > 0 ? "drawn"
                                : "never drawn",
                 colours > 0 ? "in colour" : "no colour", scrolled, wrapped,
                 widest < columns ? "free" : "used", hidden, unknown);
    if (column > 0) {
        (void)printf("the cursor is not at the beginning of a line\n");
    }
    (void)printf("=> %d\n", WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state));
    return 0;
}
