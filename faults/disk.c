/*
 * A disk that can lose power, fail and fill up, for one process and one folder.
 *
 * This library is loaded in front of the C library (LD_PRELOAD) and stands between a program and the files below one
 * folder. It is for tests only and knows nothing of the program.
 *
 * Power loss. What a program writes stays in the kernel's page cache until it is synced, and the page cache outlives
 * a process that is killed; so killing a process loses nothing that a power cut would lose. This library therefore
 * writes down, before each write, what stood there before (the undo journal, in a side folder), and when a sync
 * succeeds, that everything up to it is safe. The journal is in the page cache too, so it outlives the same kill. A
 * harness then kills the process, takes back what was never synced, all of it or parts, and has what a disk would have
 * had. A real sync is never asked for: here the page cache plays the disk.
 *
 * A name in a folder (a file created, renamed, removed; a folder made) is safe only when that folder was synced. This
 * is stricter than most file systems, and is all that POSIX promises. A sync that failed leaves what it should have
 * saved unsafe for good, whatever later syncs say, as Linux does: the pages are clean by then and not written again.
 *
 * Files whose names end in "-shm" are SQLite's shared memory. They are scratch, are written through mmap, and are not
 * kept track of; a harness deletes them after a power loss. Writing to other files through mmap, copy_file_range,
 * sendfile or io_uring is not seen.
 *
 * Environment:
 *   FAULTS_ROOT  the folder whose files this disk holds; it must exist
 *   FAULTS_SIDE  a folder on the same file system, outside of that, for the files below; it must exist
 *   FAULTS_UNDO  "1" to keep an undo journal
 *
 * Files in the side folder:
 *   undo         the journal: records as `struct record`, in the machine's byte order, each with its two payloads
 *   saved-N      what a name led to before record N renamed over it or removed it
 *   control      read before each operation: words of the form name=number, see `struct control`; it may change at
 *                any time, and counting begins anew when it does
 *   status       "operations=N faults=M": what was counted since the process began
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MAGIC 0x6b736964u
#define DESCRIPTORS 65536
#define INODES 256
#define CONTROL_BYTES 128

enum kind { WRITE = 1, TRUNCATE, SYNC, SYNC_FAILED, CREATE, RENAME, UNLINK, MKDIR };

/* One line of the undo journal. `first` and `second` bytes of payload follow it. */
struct record {
    uint32_t magic;
    uint32_t kind;
    uint64_t number;  /* of this record, from 1, never used twice */
    uint64_t inode;   /* the file; of a change of names, the folder that must be synced */
    uint64_t offset;  /* WRITE: where. SYNC, SYNC_FAILED: the last record that it is about */
    uint64_t length;  /* WRITE: how many bytes. TRUNCATE: the new length. RENAME: 1 if the new name was taken */
    uint64_t before;  /* WRITE, TRUNCATE: the file's length before */
    uint32_t first;   /* WRITE, TRUNCATE: the bytes that stood there. Names: the path, or the old one */
    uint32_t second;  /* RENAME: the new path */
};

/* What the control file asks for. Operations are writes (also truncation, and making a file, a folder or a name) and
 * syncs, counted together from 1 since the file last changed. 0, or no word, is never. */
struct control {
    uint64_t eio;         /* this operation fails with EIO */
    uint64_t eio_from;    /* this one and all after it fail with EIO */
    uint64_t eio_sync;    /* the sync of this number (syncs counted alone) fails with EIO */
    uint64_t enospc_from; /* this one and all after it find no room; a write fits by half first. Syncs succeed */
    uint64_t latency;     /* microseconds that each sync takes */
    uint64_t lie;         /* 1: syncs succeed and save nothing */
    uint64_t cut;         /* before this operation the process is killed */
};

struct known { uint64_t inode, written, synced; bool abandoned; };

enum class { UNSEEN, TRACKED, SCRATCH };
struct descriptor { _Atomic unsigned char class; uint64_t inode; };

static struct descriptor descriptors[DESCRIPTORS];
static struct known known[INODES];
static size_t inodes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char root[PATH_MAX], side[PATH_MAX];
static size_t root_length;
static bool active;
static int undo_file = -1, control_file = -1, status_file = -1;
static uint64_t last, operations, faults, since_change, syncs_since_change;
static char control_text[CONTROL_BYTES];
static struct control control;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_renameat)(int, const char *, int, const char *);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_mkdirat)(int, const char *, mode_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);

/* A test must never run on with a disk that does not do what it says. */
static void give_up(const char *what) {
    fprintf(stderr, "disk layer: %s: %s\n", what, strerror(errno));
    abort();
}

static int in_side(const char *name, int flags) {
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", side, name);
    int file = real_open(path, flags | O_CLOEXEC | O_CREAT, 0600);
    if (file < 0) give_up(path);
    return file;
}

static void start(void) {
    /* POSIX has a pointer to a function fit into one to data; ISO C does not say so. */
    *(void **)&real_open = dlsym(RTLD_NEXT, "open64");
    *(void **)&real_openat = dlsym(RTLD_NEXT, "openat64");
    *(void **)&real_close = dlsym(RTLD_NEXT, "close");
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&real_renameat = dlsym(RTLD_NEXT, "renameat");
    *(void **)&real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
    *(void **)&real_mkdirat = dlsym(RTLD_NEXT, "mkdirat");
    *(void **)&real_writev = dlsym(RTLD_NEXT, "writev");
    *(void **)&real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
    const char *wanted = getenv("FAULTS_ROOT"), *beside = getenv("FAULTS_SIDE"), *undo = getenv("FAULTS_UNDO");
    if (!wanted || !beside) return;
    if (!realpath(wanted, root)) give_up("FAULTS_ROOT");
    if (!realpath(beside, side)) give_up("FAULTS_SIDE");
    root_length = strlen(root);
    control_file = in_side("control", O_RDONLY);
    status_file = in_side("status", O_WRONLY);
    if (undo && *undo == '1') undo_file = in_side("undo", O_RDWR | O_APPEND | O_TRUNC);
    active = true;
}

static void ready(void) { pthread_once(&once, start); }

__attribute__((constructor)) static void loaded(void) { ready(); }

/* ---- what is asked of this disk ---- */

static uint64_t word(const char *name) {
    size_t length = strlen(name);
    for (const char *at = control_text; (at = strstr(at, name)); at += length) {
        bool begins = at == control_text || at[-1] == ' ';
        if (begins && at[length] == '=') return strtoull(at + length + 1, NULL, 10);
    }
    return 0;
}

static void read_control(void) {
    char text[CONTROL_BYTES] = {0};
    if (pread(control_file, text, sizeof text - 1, 0) < 0) give_up("control");
    if (memcmp(text, control_text, sizeof text) == 0) return;
    memcpy(control_text, text, sizeof text);
    since_change = syncs_since_change = 0;
    control = (struct control){ .eio = word("eio"), .eio_from = word("eio_from"), .eio_sync = word("eio_sync"),
                                .enospc_from = word("enospc_from"), .latency = word("latency"),
                                .lie = word("lie"), .cut = word("cut") };
}

static bool reached(uint64_t from) { return from && since_change >= from; }

/* Counts an operation and gives the error that it fails with, or 0. */
static int verdict(bool sync) {
    read_control();
    operations++;
    since_change++;
    if (sync) syncs_since_change++;
    if (control.cut == since_change) kill(getpid(), SIGKILL);
    bool this_one = control.eio == since_change || (sync && control.eio_sync == syncs_since_change);
    int error = this_one || reached(control.eio_from) ? EIO : 0;
    if (!error && !sync && reached(control.enospc_from)) error = ENOSPC;
    if (error) faults++;
    char text[80];
    int length = snprintf(text, sizeof text, "operations=%012llu faults=%012llu\n", (unsigned long long)operations,
                          (unsigned long long)faults);
    if (real_pwrite(status_file, text, (size_t)length, 0) != length) give_up("status");
    return error;
}

/* ---- the undo journal ---- */

static struct known *about(uint64_t inode) {
    for (size_t n = 0; n < inodes; n++)
        if (known[n].inode == inode) return &known[n];
    if (inodes == INODES) give_up("too many files");
    known[inodes] = (struct known){ .inode = inode };
    return &known[inodes++];
}

static void put(const struct iovec *parts, int count, size_t length) {
    if (real_writev(undo_file, parts, count) != (ssize_t)length) give_up("undo");
}

static uint64_t keep(struct record record, const void *first, const void *second) {
    if (undo_file < 0) return 0;
    record.magic = MAGIC;
    record.number = ++last;
    struct iovec parts[3] = { { &record, sizeof record },
                              { (void *)first, record.first },
                              { (void *)second, record.second } };
    put(parts, 3, sizeof record + record.first + record.second);
    if (record.kind != SYNC && record.kind != SYNC_FAILED) about(record.inode)->written = record.number;
    return record.number;
}

static void keep_sync(uint64_t inode, uint64_t upto, bool failed) {
    if (undo_file < 0) return;
    struct known *file = about(inode);
    keep((struct record){ .kind = failed ? SYNC_FAILED : SYNC, .inode = inode, .offset = upto }, NULL, NULL);
    if (failed) {
        file->abandoned |= file->written > file->synced;
        return;
    }
    file->synced = upto;
    for (size_t n = 0; n < inodes; n++)
        if (known[n].abandoned || known[n].written > known[n].synced) return;
    /* Everything is safe, so there is nothing to take back. */
    if (real_ftruncate(undo_file, 0)) give_up("undo");
}

/* Bytes of an open file, whatever it was opened for. */
static void *bytes_of(int file, uint64_t offset, uint64_t length) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int readable = real_open(path, O_RDONLY | O_CLOEXEC);
    void *bytes = malloc(length);
    if (readable < 0 || !bytes) give_up("reading what is there");
    if (pread(readable, bytes, length, (off_t)offset) != (ssize_t)length) give_up("reading what is there");
    real_close(readable);
    return bytes;
}

static void keep_write(int file, uint64_t inode, uint64_t offset, uint64_t length) {
    if (undo_file < 0) return;
    struct stat now;
    if (fstat(file, &now)) give_up("fstat");
    uint64_t before = (uint64_t)now.st_size, end = offset + length;
    uint64_t there = offset >= before ? 0 : (end < before ? end : before) - offset;
    void *bytes = there ? bytes_of(file, offset, there) : NULL;
    keep((struct record){ .kind = WRITE, .inode = inode, .offset = offset, .length = length, .before = before,
                          .first = (uint32_t)there }, bytes, NULL);
    free(bytes);
}

static void keep_truncation(int file, uint64_t inode, uint64_t length) {
    if (undo_file < 0) return;
    struct stat now;
    if (fstat(file, &now)) give_up("fstat");
    uint64_t before = (uint64_t)now.st_size;
    uint64_t cut = before > length ? before - length : 0;
    void *bytes = cut ? bytes_of(file, length, cut) : NULL;
    keep((struct record){ .kind = TRUNCATE, .inode = inode, .length = length, .before = before,
                          .first = (uint32_t)cut }, bytes, NULL);
    free(bytes);
}

/* ---- which files ---- */

static bool ends_with(const char *path, const char *ending) {
    size_t length = strlen(path), tail = strlen(ending);
    return length >= tail && strcmp(path + length - tail, ending) == 0;
}

static enum class class_of(const char *path) {
    bool below = strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
    bool aside = strncmp(path, side, strlen(side)) == 0;
    if (!below || aside) return UNSEEN;
    return ends_with(path, "-shm") ? SCRATCH : TRACKED;
}

/* The absolute path of a name, whose last part need not exist, and the inode of the folder that it is in. */
static enum class resolve(int folder, const char *name, char *path, uint64_t *parent) {
    char copy[PATH_MAX], base[PATH_MAX];
    if (*name == '/' || folder == AT_FDCWD) snprintf(copy, sizeof copy, "%s", name);
    else if (snprintf(copy, sizeof copy, "/proc/self/fd/%d/%s", folder, name) >= (int)sizeof copy) return UNSEEN;
    size_t length = strlen(copy);
    while (length > 1 && copy[length - 1] == '/') copy[--length] = 0;
    char *slash = strrchr(copy, '/');
    const char *last_part = slash ? slash + 1 : copy;
    if (slash) *slash = 0;
    struct stat found;
    if (!realpath(slash ? (*copy ? copy : "/") : ".", base) || stat(base, &found)) return UNSEEN;
    *parent = (uint64_t)found.st_ino;
    if (snprintf(path, PATH_MAX, "%s/%s", base, last_part) >= PATH_MAX) return UNSEEN;
    return class_of(path);
}

static void watch(int file) {
    if (!active || file < 0 || file >= DESCRIPTORS) return;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    struct stat found;
    descriptors[file].class = UNSEEN;
    if (length <= 0 || fstat(file, &found)) return;
    path[length] = 0;
    descriptors[file].inode = (uint64_t)found.st_ino;
    descriptors[file].class = (unsigned char)class_of(path);
}

static enum class class_at(int file) {
    ready();
    return active && file >= 0 && file < DESCRIPTORS ? (enum class)descriptors[file].class : UNSEEN;
}

/* ---- opening and closing ---- */

static int opened(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    uint64_t parent = 0;
    bool changes = active && (flags & (O_CREAT | O_TRUNC));
    if (!changes || resolve(folder, name, path, &parent) == UNSEEN) {
        int file = real_openat(folder, name, flags, mode);
        watch(file);
        return file;
    }
    pthread_mutex_lock(&lock);
    struct stat found;
    bool there = lstat(path, &found) == 0, scratch = class_of(path) == SCRATCH;
    int error = there && !((flags & O_TRUNC) && found.st_size) ? 0 : verdict(false), file = -1;
    if (!error && there && (flags & O_TRUNC) && found.st_size && !scratch) {
        int old = real_open(path, O_RDONLY | O_CLOEXEC);
        if (old >= 0) keep_truncation(old, (uint64_t)found.st_ino, 0);
        if (old >= 0) real_close(old);
    }
    if (!error && !there && !scratch)
        keep((struct record){ .kind = CREATE, .inode = parent, .first = (uint32_t)strlen(path) }, path, NULL);
    if (!error) {
        file = real_openat(folder, name, flags, mode);
        error = file < 0 ? errno : 0;
    }
    watch(file);
    pthread_mutex_unlock(&lock);
    if (file < 0) errno = error;
    return file;
}

static mode_t mode_in(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(rest, int) : 0;
}

#define OPEN(name)                                      \
    EXPORT int name(const char *path, int flags, ...) { \
        ready();                                        \
        va_list rest;                                   \
        va_start(rest, flags);                          \
        mode_t mode = mode_in(flags, rest);             \
        va_end(rest);                                   \
        return opened(AT_FDCWD, path, flags, mode);     \
    }
#define OPENAT(name)                                                \
    EXPORT int name(int folder, const char *path, int flags, ...) { \
        ready();                                                    \
        va_list rest;                                               \
        va_start(rest, flags);                                      \
        mode_t mode = mode_in(flags, rest);                         \
        va_end(rest);                                               \
        return opened(folder, path, flags, mode);                   \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

EXPORT int __open_2(const char *path, int flags) { ready(); return opened(AT_FDCWD, path, flags, 0); }
EXPORT int __open64_2(const char *path, int flags) { ready(); return opened(AT_FDCWD, path, flags, 0); }
EXPORT int creat(const char *path, mode_t mode) {
    ready();
    return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int close(int file) {
    if (class_at(file) != UNSEEN) descriptors[file].class = UNSEEN;
    return real_close(file);
}

/* ---- writing ---- */

/* A write of `length` bytes at `offset`, or where the file stands if that is -1. */
static ssize_t written(int file, const void *bytes, size_t length, off_t offset) {
    pthread_mutex_lock(&lock);
    int error = verdict(false);
    ssize_t done = -1;
    if (error == ENOSPC && length > 1 && since_change == control.enospc_from) {
        length /= 2;
        error = 0;
    }
    if (!error) {
        off_t at = offset;
        struct stat now;
        if (at < 0) at = fcntl(file, F_GETFL) & O_APPEND ? (fstat(file, &now), now.st_size) : lseek(file, 0, SEEK_CUR);
        if (descriptors[file].class == TRACKED) keep_write(file, descriptors[file].inode, (uint64_t)at, length);
        done = offset < 0 ? real_write(file, bytes, length) : real_pwrite(file, bytes, length, offset);
        error = done < 0 ? errno : 0;
    }
    pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return done;
}

static ssize_t gathered(int file, const struct iovec *parts, int count, off_t offset) {
    size_t length = 0, at = 0;
    for (int n = 0; n < count; n++) length += parts[n].iov_len;
    char *bytes = malloc(length ? length : 1);
    if (!bytes) give_up("malloc");
    for (int n = 0; n < count; at += parts[n++].iov_len) memcpy(bytes + at, parts[n].iov_base, parts[n].iov_len);
    ssize_t done = written(file, bytes, length, offset);
    int error = errno;
    free(bytes);
    errno = error;
    return done;
}

EXPORT ssize_t write(int file, const void *bytes, size_t length) {
    return class_at(file) == UNSEEN ? real_write(file, bytes, length) : written(file, bytes, length, -1);
}
EXPORT ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    return class_at(file) == UNSEEN ? real_pwrite(file, bytes, length, offset) : written(file, bytes, length, offset);
}
EXPORT ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
    return pwrite64(file, bytes, length, offset);
}
EXPORT ssize_t writev(int file, const struct iovec *parts, int count) {
    return class_at(file) == UNSEEN ? real_writev(file, parts, count) : gathered(file, parts, count, -1);
}
EXPORT ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
    return class_at(file) == UNSEEN ? real_pwritev(file, parts, count, offset) : gathered(file, parts, count, offset);
}
EXPORT ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    return pwritev64(file, parts, count, offset);
}

EXPORT int ftruncate64(int file, off64_t length) {
    if (class_at(file) == UNSEEN) return real_ftruncate(file, length);
    pthread_mutex_lock(&lock);
    int error = verdict(false);
    if (!error) {
        if (descriptors[file].class == TRACKED) keep_truncation(file, descriptors[file].inode, (uint64_t)length);
        error = real_ftruncate(file, length) ? errno : 0;
    }
    pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return error ? -1 : 0;
}
EXPORT int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

/* ---- syncing ---- */

static int synced(int file) {
    pthread_mutex_lock(&lock);
    int error = verdict(true);
    uint64_t upto = last;
    struct control now = control;
    pthread_mutex_unlock(&lock);
    if (now.latency) {
        /* Not under the lock: a slow disk still takes writes. What comes meanwhile is not saved by this sync. */
        struct timespec wait = { (time_t)(now.latency / 1000000), (long)(now.latency % 1000000) * 1000 };
        nanosleep(&wait, NULL);
    }
    pthread_mutex_lock(&lock);
    if (descriptors[file].class == TRACKED && !now.lie) keep_sync(descriptors[file].inode, upto, error != 0);
    pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return error ? -1 : 0;
}

EXPORT int fsync(int file) { return class_at(file) == UNSEEN ? real_fsync(file) : synced(file); }
EXPORT int fdatasync(int file) { return class_at(file) == UNSEEN ? real_fdatasync(file) : synced(file); }

/* ---- names ---- */

/* Keeps what a name leads to, so that the name can be given back. */
static void save(const char *path, uint64_t number) {
    char saved[PATH_MAX + 32];
    snprintf(saved, sizeof saved, "%s/saved-%llu", side, (unsigned long long)number);
    if (undo_file >= 0 && link(path, saved)) give_up(saved);
}

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    ready();
    char old[PATH_MAX], new[PATH_MAX];
    uint64_t parent, ignored;
    bool seen = active && resolve(to_folder, to, new, &parent) == TRACKED;
    if (!seen || resolve(from_folder, from, old, &ignored) != TRACKED)
        return real_renameat(from_folder, from, to_folder, to);
    pthread_mutex_lock(&lock);
    int error = verdict(false);
    if (!error && access(old, F_OK)) error = errno;
    if (!error) {
        uint64_t taken = access(new, F_OK) == 0;
        if (taken) save(new, last + 1);
        keep((struct record){ .kind = RENAME, .inode = parent, .length = taken, .first = (uint32_t)strlen(old),
                              .second = (uint32_t)strlen(new) }, old, new);
        error = real_renameat(from_folder, from, to_folder, to) ? errno : 0;
    }
    pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return error ? -1 : 0;
}
EXPORT int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

EXPORT int unlinkat(int folder, const char *name, int flags) {
    ready();
    char path[PATH_MAX];
    uint64_t parent;
    if (!active || (flags & AT_REMOVEDIR) || resolve(folder, name, path, &parent) != TRACKED)
        return real_unlinkat(folder, name, flags);
    pthread_mutex_lock(&lock);
    int error = access(path, F_OK) ? errno : 0;
    if (!error) {
        save(path, last + 1);
        keep((struct record){ .kind = UNLINK, .inode = parent, .first = (uint32_t)strlen(path) }, path, NULL);
        error = real_unlinkat(folder, name, flags) ? errno : 0;
    }
    pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return error ? -1 : 0;
}
EXPORT int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

EXPORT int mkdirat(int folder, const char *name, mode_t mode) {
    ready();
    char path[PATH_MAX];
    uint64_t parent;
    if (!active || resolve(folder, name, path, &parent) != TRACKED) return real_mkdirat(folder, name, mode);
    pthread_mutex_lock(&lock);
    int error = access(path, F_OK) ? verdict(false) : EEXIST;
    if (!error) {
        keep((struct record){ .kind = MKDIR, .inode = parent, .first = (uint32_t)strlen(path) }, path, NULL);
        error = real_mkdirat(folder, name, mode) ? errno : 0;
    }
    pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return error ? -1 : 0;
}
EXPORT int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
