/*
 * Takes the place of the C library's calls for memory and files, counts them, and lets one fail.
 *
 * Preloaded, it obeys NNFS_FAULT=KIND:K:ACTION[:always], and counts from main() on:
 *   KIND    alloc, or of the files under test: read write open fsync close rename truncate unlink
 *           stat (access too) link list (a folder's names) mkdir, or `any` of these
 *   K       the call that fails, from 1; with `always` so do all that follow ACTION  the name of an
 *   error; `short`: half of a read or write is done; `kill`: SIGKILL in the middle
 *           of a write, before any other call; `kill-after`: behind it
 * NNFS_FAULT_FILES   how the paths of the files under test begin
 * NNFS_FAULT_REPORT  a file; each fault adds a line to it: the kind, and the path
 *
 * An allocation counts where the program, its library, jansson, zlib, or the C library on their
 * behalf asks for it. What OpenBLAS and OpenMP do without memory is not ours to test.
 */
#include "faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Headers redirect names (open becomes open64), so each function has a name of its own, and those
 * that it takes the place of by their symbols.
 */
#define PUBLIC __attribute__((visibility("default")))
#define STANDS_FOR(symbol, function)                                           \
    PUBLIC extern __typeof__(function) function##_as_##symbol __asm__(#symbol) \
        __attribute__((alias(#function)))

/* ---- What fails ---- */

typedef enum kind {
    ALLOC,
    READ,
    WRITE,
    OPEN,
    FSYNC,
    CLOSE,
    RENAME,
    TRUNCATE,
    UNLINK,
    STAT,
    LINK,
    LIST,
    MKDIR,
    ANY,
    KINDS,
} kind;

static const char *const kind_names[KINDS] = {"alloc", "read",   "write",    "open",   "fsync",
                                              "close", "rename", "truncate", "unlink", "stat",
                                              "link",  "list",   "mkdir",    "any"};

typedef enum action { FAIL, SHORT, KILL, KILL_AFTER } action;

enum { DESCRIPTORS = 256, LONGEST_PATH = 512, TRACKED = 8192, RANGES = 16 };

static struct {
    atomic_bool armed;
    kind kind;
    long at;
    bool always;
    action action;
    int error;
    const char *files;  /* NULL: none */
    const char *report; /* NULL: none */
    atomic_long seen;
    atomic_bool fired;
} fault;

/* The files under test among the open ones, by descriptor; "" for others. */
static char open_paths[DESCRIPTORS][LONGEST_PATH];

static bool is_watched(const char *path)
{
    return fault.files && path && strncmp(path, fault.files, strlen(fault.files)) == 0;
}

static const char *path_of(int descriptor)
{
    bool known = descriptor >= 0 && descriptor < DESCRIPTORS && open_paths[descriptor][0];
    return known ? open_paths[descriptor] : NULL;
}

static void report(kind what, const char *path)
{
    char line[LONGEST_PATH + 16];
    int length = snprintf(line, sizeof line, "%s %s\n", kind_names[what], path);
    int descriptor =
        !fault.report ? -1 : openat(AT_FDCWD, fault.report, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (descriptor >= 0) {
        struct iovec part = {line, (size_t)length};
        (void)!writev(descriptor, &part, 1);
        (void)syscall(SYS_close, descriptor);
    }
}

/* Counts the call, and says whether it is to fail. */
static bool fails(kind what, const char *path)
{
    bool counts = atomic_load(&fault.armed) && path &&
                  (fault.kind == what || (fault.kind == ANY && what != ALLOC));
    if (!counts) {
        return false;
    }
    long now = atomic_fetch_add(&fault.seen, 1) + 1;
    if (now != fault.at && !(fault.always && now > fault.at)) {
        return false;
    }
    atomic_store(&fault.fired, true);
    report(what, path);
    if (fault.action == KILL && what != WRITE) {
        (void)kill(getpid(), SIGKILL);
    }
    errno = fault.error;
    return true;
}

/* The result of a call that was made, where the process lives to see it. */
static long outcome(bool failing, long result)
{
    int reason = errno;
    if (failing && fault.action == KILL_AFTER) {
        (void)kill(getpid(), SIGKILL);
    }
    errno = reason;
    return result;
}

/* Whether a call that is to fail is not made at all. */
static bool is_refused(bool failing)
{
    return failing && fault.action == FAIL;
}

/* ---- Files ---- */

static int shim_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    bool watched = is_watched(path);
    bool failing = fails(OPEN, watched ? path : NULL);
    if (is_refused(failing)) {
        return -1;
    }
    int descriptor = openat(AT_FDCWD, path, flags, mode);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        (void)snprintf(open_paths[descriptor], LONGEST_PATH, "%s", watched ? path : "");
    }
    return (int)outcome(failing, descriptor);
}
STANDS_FOR(open, shim_open);
STANDS_FOR(open64, shim_open);
STANDS_FOR(__open_2, shim_open);
STANDS_FOR(__open64_2, shim_open);

static int shim_mkostemp(char *path, int flags)
{
    union {
        void *symbol;
        int (*call)(char *path, int flags);
    } real = {.symbol = dlsym(RTLD_NEXT, "mkostemp")};
    bool watched = is_watched(path);
    bool failing = fails(OPEN, watched ? path : NULL);
    if (is_refused(failing)) {
        return -1;
    }
    int descriptor = real.call(path, flags);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        (void)snprintf(open_paths[descriptor], LONGEST_PATH, "%s", watched ? path : "");
    }
    return (int)outcome(failing, descriptor);
}
STANDS_FOR(mkostemp, shim_mkostemp);
STANDS_FOR(mkostemp64, shim_mkostemp);

/* It closes also where it fails, as Linux does. */
static int shim_close(int descriptor)
{
    bool failing = fails(CLOSE, path_of(descriptor));
    int reason = errno;
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        open_paths[descriptor][0] = '\0';
    }
    int result = (int)syscall(SYS_close, descriptor);
    if (is_refused(failing)) {
        errno = reason;
        return -1;
    }
    return (int)outcome(failing, result);
}
STANDS_FOR(close, shim_close);

/* How much of `count` bytes is let through. */
static size_t part_of(bool failing, size_t count)
{
    bool halved = failing && (fault.action == SHORT || fault.action == KILL) && count > 1;
    return halved ? count / 2 : count;
}

static ssize_t shim_read(int descriptor, void *bytes, size_t count)
{
    bool failing = fails(READ, path_of(descriptor));
    struct iovec part = {bytes, part_of(failing, count)};
    return is_refused(failing) ? -1 : outcome(failing, readv(descriptor, &part, 1));
}
STANDS_FOR(read, shim_read);

static ssize_t shim_pread(int descriptor, void *bytes, size_t count, off_t offset)
{
    bool failing = fails(READ, path_of(descriptor));
    struct iovec part = {bytes, part_of(failing, count)};
    return is_refused(failing) ? -1 : outcome(failing, preadv(descriptor, &part, 1, offset));
}
STANDS_FOR(pread, shim_pread);
STANDS_FOR(pread64, shim_pread);

static ssize_t write_part(bool failing, int descriptor, const struct iovec *part, off_t offset)
{
    ssize_t written = is_refused(failing) ? -1
                      : offset < 0        ? writev(descriptor, part, 1)
                                          : pwritev(descriptor, part, 1, offset);
    if (failing && fault.action == KILL) {
        (void)kill(getpid(), SIGKILL);
    }
    return outcome(failing, written);
}

static ssize_t shim_write(int descriptor, const void *bytes, size_t count)
{
    bool failing = fails(WRITE, path_of(descriptor));
    struct iovec part = {(void *)(uintptr_t)bytes, part_of(failing, count)};
    return write_part(failing, descriptor, &part, -1);
}
STANDS_FOR(write, shim_write);

static ssize_t shim_pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    bool failing = fails(WRITE, path_of(descriptor));
    struct iovec part = {(void *)(uintptr_t)bytes, part_of(failing, count)};
    return write_part(failing, descriptor, &part, offset);
}
STANDS_FOR(pwrite, shim_pwrite);
STANDS_FOR(pwrite64, shim_pwrite);

static int shim_fsync(int descriptor)
{
    bool failing = fails(FSYNC, path_of(descriptor));
    return is_refused(failing) ? -1 : (int)outcome(failing, syscall(SYS_fsync, descriptor));
}
STANDS_FOR(fsync, shim_fsync);
STANDS_FOR(fdatasync, shim_fsync);

static int shim_rename(const char *from, const char *to)
{
    bool failing = fails(RENAME, is_watched(to) ? to : NULL);
    return is_refused(failing) ? -1 : (int)outcome(failing, renameat(AT_FDCWD, from, AT_FDCWD, to));
}
STANDS_FOR(rename, shim_rename);

static int shim_unlink(const char *path)
{
    bool failing = fails(UNLINK, is_watched(path) ? path : NULL);
    return is_refused(failing) ? -1 : (int)outcome(failing, unlinkat(AT_FDCWD, path, 0));
}
STANDS_FOR(unlink, shim_unlink);

static int shim_link(const char *from, const char *to)
{
    bool failing = fails(LINK, is_watched(to) ? to : NULL);
    return is_refused(failing) ? -1
                               : (int)outcome(failing, linkat(AT_FDCWD, from, AT_FDCWD, to, 0));
}
STANDS_FOR(link, shim_link);

static int shim_mkdir(const char *path, mode_t mode)
{
    bool failing = fails(MKDIR, is_watched(path) ? path : NULL);
    return is_refused(failing) ? -1 : (int)outcome(failing, mkdirat(AT_FDCWD, path, mode));
}
STANDS_FOR(mkdir, shim_mkdir);

typedef int scandir_function(const char *path, struct dirent ***names,
                             int (*filter)(const struct dirent *),
                             int (*compare)(const struct dirent **, const struct dirent **));

static int shim_scandir(const char *path, struct dirent ***names,
                        int (*filter)(const struct dirent *),
                        int (*compare)(const struct dirent **, const struct dirent **))
{
    union {
        void *symbol;
        scandir_function *call;
    } real = {.symbol = dlsym(RTLD_NEXT, "scandir")};
    bool failing = fails(LIST, is_watched(path) ? path : NULL);
    return is_refused(failing) ? -1
                               : (int)outcome(failing, real.call(path, names, filter, compare));
}
STANDS_FOR(scandir, shim_scandir);
STANDS_FOR(scandir64, shim_scandir);

static int shim_truncate(int descriptor, off_t size)
{
    bool failing = fails(TRUNCATE, path_of(descriptor));
    return is_refused(failing) ? -1
                               : (int)outcome(failing, syscall(SYS_ftruncate, descriptor, size));
}
STANDS_FOR(ftruncate, shim_truncate);
STANDS_FOR(ftruncate64, shim_truncate);

static int shim_access(const char *path, int mode)
{
    bool failing = fails(STAT, is_watched(path) ? path : NULL);
    return is_refused(failing) ? -1 : (int)outcome(failing, faccessat(AT_FDCWD, path, mode, 0));
}
STANDS_FOR(access, shim_access);

static int shim_stat(const char *path, struct stat *about)
{
    bool failing = fails(STAT, is_watched(path) ? path : NULL);
    return is_refused(failing) ? -1 : (int)outcome(failing, fstatat(AT_FDCWD, path, about, 0));
}
STANDS_FOR(stat, shim_stat);
STANDS_FOR(stat64, shim_stat);

static int shim_fstat(int descriptor, struct stat *about)
{
    bool failing = fails(STAT, path_of(descriptor));
    return is_refused(failing)
               ? -1
               : (int)outcome(failing, fstatat(descriptor, "", about, AT_EMPTY_PATH));
}
STANDS_FOR(fstat, shim_fstat);
STANDS_FOR(fstat64, shim_fstat);

/* ---- Streams: their calls stay inside the C library, so files under test become others ---- */

static ssize_t stream_read(void *cookie, char *bytes, size_t count)
{
    return shim_read((int)(intptr_t)cookie, bytes, count);
}

/* All of it or an error, like the C library: a stream takes a short write for one. */
static ssize_t stream_write(void *cookie, const char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t now = shim_write((int)(intptr_t)cookie, bytes + done, count - done);
        if (now < 0) {
            break;
        }
        done += (size_t)now;
    }
    return (ssize_t)done;
}

static int stream_seek(void *cookie, off64_t *offset, int from)
{
    off_t now = lseek((int)(intptr_t)cookie, *offset, from);
    *offset = now;
    return now < 0 ? -1 : 0;
}

static int stream_close(void *cookie)
{
    return shim_close((int)(intptr_t)cookie);
}

static int open_flags(const char *mode)
{
    int flags = strchr(mode, '+') ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
    flags |= mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT | O_APPEND : 0;
    return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0);
}

static FILE *streams[DESCRIPTORS]; /* those made here, by descriptor */

static FILE *stream_of(int descriptor, const char *mode)
{
    cookie_io_functions_t calls = {stream_read, stream_write, stream_seek, stream_close};
    streams[descriptor] = fopencookie((void *)(intptr_t)descriptor, mode, calls);
    return streams[descriptor];
}

static int shim_fileno(FILE *stream)
{
    for (int i = 0; i < DESCRIPTORS; i++) {
        if (streams[i] == stream && path_of(i)) {
            return i;
        }
    }
    return stream->_fileno;
}
STANDS_FOR(fileno, shim_fileno);

typedef FILE *fdopen_function(int descriptor, const char *mode);

static FILE *shim_fdopen(int descriptor, const char *mode)
{
    union {
        void *symbol;
        fdopen_function *call;
    } real = {.symbol = dlsym(RTLD_NEXT, "fdopen")};
    return path_of(descriptor) ? stream_of(descriptor, mode) : real.call(descriptor, mode);
}
STANDS_FOR(fdopen, shim_fdopen);

static FILE *shim_fopen(const char *path, const char *mode)
{
    int descriptor = shim_open(path, open_flags(mode), 0666);
    FILE *stream = descriptor >= 0 ? shim_fdopen(descriptor, mode) : NULL;
    if (!stream && descriptor >= 0) {
        int reason = errno;
        (void)shim_close(descriptor);
        errno = reason;
    }
    return stream;
}
STANDS_FOR(fopen, shim_fopen);
STANDS_FOR(fopen64, shim_fopen);

/* ---- Who asks for memory ---- */

static struct {
    uintptr_t begin, end;
} ranges[RANGES];
static int range_count;

static int note_ranges(struct dl_phdr_info *object, size_t size, void *unused)
{
    static const char *const counted[] = {"nnfs", "libjansson.", "libz.", "libc."};
    (void)size;
    (void)unused;
    bool counts = object->dlpi_name[0] == '\0'; /* the program */
    const char *slash = strrchr(object->dlpi_name, '/');
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        counts = counts || strstr(slash ? slash : "", counted[i]);
    }
    for (int i = 0; counts && i < object->dlpi_phnum && range_count < RANGES; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X)) {
            ranges[range_count].begin = object->dlpi_addr + segment->p_vaddr;
            ranges[range_count].end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
            range_count++;
        }
    }
    return 0;
}

static bool is_ours(const void *caller)
{
    for (int i = 0; i < range_count; i++) {
        if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end) {
            return true;
        }
    }
    return false;
}

static bool allocation_fails(const void *caller)
{
    return atomic_load(&fault.armed) && fault.kind == ALLOC && is_ours(caller) &&
           fails(ALLOC, "memory");
}

/* ---- What is still there ---- */

static void *tracked[TRACKED];
static long tracked_count;
static atomic_flag tracking = ATOMIC_FLAG_INIT;

static void *track(void *memory, const void *caller)
{
    if (memory && atomic_load(&fault.armed) && is_ours(caller)) {
        while (atomic_flag_test_and_set(&tracking)) {
        }
        if (tracked_count < TRACKED) {
            tracked[tracked_count++] = memory;
        }
        atomic_flag_clear(&tracking);
    }
    return memory;
}

/* Whether it was there. */
static bool untrack(const void *memory)
{
    bool found = false;
    while (atomic_flag_test_and_set(&tracking)) {
    }
    for (long i = tracked_count - 1; memory && !found && i >= 0; i--) {
        if (tracked[i] == memory) {
            tracked[i] = tracked[--tracked_count];
            found = true;
        }
    }
    atomic_flag_clear(&tracking);
    return found;
}

/* ---- Memory ---- */

static union {
    void *symbol;
    void *(*malloc)(size_t bytes);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *memory, size_t bytes);
    void *(*aligned)(size_t alignment, size_t bytes);
    int (*start)(int (*main)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
                 void (*)(void), void *);
    int (*memalign)(void **memory, size_t alignment, size_t bytes);
    void (*free)(void *memory);
} real_malloc, real_calloc, real_realloc, real_aligned, real_memalign, real_free;

/* Whoever comes next: the C library, or a sanitizer. */
#define FIND(real, name) ((real).symbol = (real).symbol ? (real).symbol : dlsym(RTLD_NEXT, name))

static void *shim_malloc(size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    FIND(real_malloc, "malloc");
    if (allocation_fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    return track(real_malloc.malloc(bytes), caller);
}
STANDS_FOR(malloc, shim_malloc);

static void *shim_calloc(size_t count, size_t size)
{
    const void *caller = __builtin_return_address(0);
    FIND(real_calloc, "calloc");
    if (allocation_fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    return track(real_calloc.calloc(count, size), caller);
}
STANDS_FOR(calloc, shim_calloc);

static void *shim_realloc(void *memory, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    FIND(real_realloc, "realloc");
    if (allocation_fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    bool was_tracked = untrack(memory);
    void *moved = real_realloc.realloc(memory, bytes);
    return was_tracked || !memory ? track(moved, caller) : moved;
}
STANDS_FOR(realloc, shim_realloc);

static void *shim_aligned_alloc(size_t alignment, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    FIND(real_aligned, "aligned_alloc");
    if (allocation_fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    return track(real_aligned.aligned(alignment, bytes), caller);
}
STANDS_FOR(aligned_alloc, shim_aligned_alloc);

static int shim_posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    FIND(real_memalign, "posix_memalign");
    if (allocation_fails(caller)) {
        return ENOMEM;
    }
    int result = real_memalign.memalign(memory, alignment, bytes);
    (void)track(result == 0 ? *memory : NULL, caller);
    return result;
}
STANDS_FOR(posix_memalign, shim_posix_memalign);

static void shim_free(void *memory)
{
    static volatile bool
        finding; /* dlsym frees the message of a dlsym that failed before: that is lost */
    if (finding) {
        return;
    }
    finding = !real_free.symbol;
    FIND(real_free, "free");
    finding = false;
    (void)untrack(memory);
    real_free.free(memory);
}
STANDS_FOR(free, shim_free);

static void *shim_mmap(void *address, size_t bytes, int protection, int flags, int descriptor,
                       off_t offset)
{
    if ((flags & MAP_ANONYMOUS) && allocation_fails(__builtin_return_address(0))) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it is the system that answers with a number */
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, descriptor, offset);
}
STANDS_FOR(mmap, shim_mmap);
STANDS_FOR(mmap64, shim_mmap);

/* ---- When ---- */

static void arm(void)
{
    if (range_count == 0) {
        (void)dl_iterate_phdr(note_ranges, NULL);
    }
    atomic_store(&fault.seen, 0);
    atomic_store(&fault.fired, false);
    atomic_store(&fault.armed, true);
}

#ifdef FAULTS_IN_PROCESS

void fault_arm_allocation(long k, bool always)
{
    fault.kind = ALLOC;
    fault.at = k > 0 ? k : -1;
    fault.always = always && k > 0;
    fault.error = ENOMEM;
    tracked_count = 0;
    arm();
}

bool fault_disarm(long *live)
{
    atomic_store(&fault.armed, false);
    *live = tracked_count;
    tracked_count = 0;
    return atomic_load(&fault.fired);
}

#else

static const struct {
    const char *name;
    action action;
    int error;
} actions[] = {{"EIO", FAIL, EIO},       {"ENOSPC", FAIL, ENOSPC},     {"EINTR", FAIL, EINTR},
               {"EACCES", FAIL, EACCES}, {"EMFILE", FAIL, EMFILE},     {"EDQUOT", FAIL, EDQUOT},
               {"EROFS", FAIL, EROFS},   {"ENOMEM", FAIL, ENOMEM},     {"short", SHORT, 0},
               {"kill", KILL, 0},        {"kill-after", KILL_AFTER, 0}};

/* KIND:K:ACTION[:always]; a test that says something else is told so. */
static bool obey(const char *wish)
{
    char kind_name[16];
    char action_name[16];
    char rest[16] = "";
    if (sscanf(wish, "%15[^:]:%ld:%15[^:]:%15s", kind_name, &fault.at, action_name, rest) < 3) {
        return false;
    }
    fault.kind = 0;
    while (fault.kind < KINDS && strcmp(kind_name, kind_names[fault.kind]) != 0) {
        fault.kind++;
    }
    size_t row = 0;
    while (row < sizeof actions / sizeof *actions && strcmp(action_name, actions[row].name) != 0) {
        row++;
    }
    fault.always = strcmp(rest, "always") == 0;
    if (fault.kind == KINDS || row == sizeof actions / sizeof *actions) {
        return false;
    }
    fault.action = actions[row].action;
    fault.error = actions[row].error;
    return true;
}

static int (*tested_main)(int, char **, char **);

static int begin_main(int count, char **values, char **environment)
{
    const char *wish = getenv("NNFS_FAULT");
    fault.files = getenv("NNFS_FAULT_FILES");
    fault.report = getenv("NNFS_FAULT_REPORT");
    if (wish && !obey(wish)) {
        (void)fprintf(stderr, "NNFS_FAULT makes no sense: %s\n", wish);
        return 125;
    }
    if (wish) {
        arm();
    }
    return tested_main(count, values, environment);
}

/* Where a program begins: all libraries are ready by now. */
static int shim_start(int (*main_function)(int, char **, char **), int count, char **values,
                      void (*init)(void), void (*fini)(void), void (*loader_fini)(void),
                      void *stack)
{
    tested_main = main_function;
    __typeof__(real_malloc) next = {.symbol = dlsym(RTLD_NEXT, "__libc_start_main")};
    return next.start(begin_main, count, values, init, fini, loader_fini, stack);
}
STANDS_FOR(__libc_start_main, shim_start);

#endif
