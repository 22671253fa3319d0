/* A disk that can lose power, as a preloaded library. For files below GLASPOST_SHADOW_ROOT it keeps, in the folder
 * GLASPOST_SHADOW, what would be found after a power cut: octets and lengths as of the last fsync or fdatasync of each file,
 * names as of the last fsync of their folder (POSIX promises no more; ext4 keeps more). Everything else a program does passes
 * through unchanged. The shadow:
 *
 *   objects/<inode>   the durable octets of one file
 *   dirs/root         the durable names of the root folder: hard links to objects, symbolic links to other dirs
 *   dirs/d<inode>     the same of every other folder
 *   ready             the root has been taken in: whatever stood there before the first start counts as durable
 *
 * so that `cp -rL dirs/root` is the disk after the cut. The shadow is a set of ordinary files: it outlives a SIGKILL. A kill in
 * the middle of a sync leaves a part of that sync in it, as a disk would.
 *
 * The same library is the tracer of the sync tests: GLASPOST_SYNC_DELAY_MS makes every sync slow; while the file
 * GLASPOST_SYNC_GATE exists syncs wait; while the file GLASPOST_SYNC_FAIL exists they fail with EIO; GLASPOST_TRACE gets a
 * line per sync and per read and write on an internet socket, in their order (clock: CLOCK_MONOTONIC, nanoseconds):
 *
 *   B time inode · G time inode · E time inode result      a sync begins, waits at the gate, has returned
 *   R time fd hex · W time fd hex                          octets that were read, that are about to be written
 *
 * Not followed: mmap (the programs' databases use none), io_uring (Node's is off), links and renames of folders. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 65536
#define RANGES_MAX 4096
#define TRACED_OCTETS 262144
#define COPIED_OCTETS 65536

struct range {
  off_t from, to;
};

struct object {
  dev_t dev;
  ino_t ino;
  int shadow;
  struct range *ranges;
  int count, room;
  pthread_mutex_t syncing;
  struct object *next;
};

enum { NONE = 0, FILE_FD, DIR_FD };

struct followed {
  unsigned char kind;
  struct object *object;
};

static struct followed fds[FDS];
static struct object *objects;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t naming = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t tracing = PTHREAD_MUTEX_INITIALIZER;

static char root[4096], shadow[4000];
static size_t root_length;
static const char *gate, *failing;
static long delay_ms;
static int trace = -1;

/* The functions behind ours, found when first asked for: constructors of other libraries may come before this one's. */
#define REAL(result, name, ...)                                                                                        \
  static result (*name##_found)(__VA_ARGS__);                                                                          \
  static result (*name##_real(void))(__VA_ARGS__) {                                                                    \
    if (name##_found == NULL) *(void **)&name##_found = dlsym(RTLD_NEXT, #name);                                       \
    return name##_found;                                                                                               \
  }

REAL(int, openat, int, const char *, int, ...)
REAL(int, close, int)
REAL(ssize_t, read, int, void *, size_t)
REAL(ssize_t, readv, int, const struct iovec *, int)
REAL(ssize_t, recv, int, void *, size_t, int)
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, writev, int, const struct iovec *, int)
REAL(ssize_t, send, int, const void *, size_t, int)
REAL(ssize_t, sendmsg, int, const struct msghdr *, int)
REAL(ssize_t, pwrite64, int, const void *, size_t, off_t)
REAL(ssize_t, pwritev64, int, const struct iovec *, int, off_t)
REAL(int, ftruncate64, int, off_t)
REAL(int, fallocate64, int, int, off_t, off_t)
REAL(int, posix_fallocate64, int, off_t, off_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)

static void fail(const char *what, const char *detail) {
  dprintf(2, "shadow: %s %s: %s\n", what, detail, strerror(errno));
  _exit(97);
}

static void tell(const char *format, ...) {
  char line[160];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  write_real()(trace, line, (size_t)length);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void copy_range(int from, int to, off_t at, off_t end) {
  /* Not thread-local: Node starts threads whose stacks have no room for that. */
  char *buffer = malloc(COPIED_OCTETS);
  while (at < end) {
    size_t want = end - at < COPIED_OCTETS ? (size_t)(end - at) : COPIED_OCTETS;
    ssize_t got = pread(from, buffer, want, at);
    if (got < 0) fail("read", "for the shadow");
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      ssize_t wrote = pwrite64_real()(to, buffer + done, (size_t)(got - done), at + done);
      if (wrote <= 0) fail("write", "shadow");
      done += wrote;
    }
    at += got;
  }
  free(buffer);
}

static void object_path(char *path, size_t size, ino_t ino) {
  snprintf(path, size, "%s/objects/%llu", shadow, (unsigned long long)ino);
}

/* The shadow folder of a real folder; made when it is missing. `relative` is empty for the root. */
static void dir_path(char *path, size_t size, const char *relative, ino_t ino) {
  if (relative[0] == 0) snprintf(path, size, "%s/dirs/root", shadow);
  else snprintf(path, size, "%s/dirs/d%llu", shadow, (unsigned long long)ino);
  if (mkdir(path, 0700) != 0 && errno != EEXIST) fail("mkdir", path);
}

/* Makes the shadow folder hold the names that the real one holds now. */
static void sync_names(int fd, const char *relative) {
  struct stat real;
  if (fstat(fd, &real) != 0) fail("stat", relative);
  char durable[8192], entry[9000], temporary[9000], object[8192], target[64], old[64];
  dir_path(durable, sizeof durable, relative, real.st_ino);
  char self[64];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  DIR *listing = opendir(self);
  if (listing == NULL) fail("opendir", self);
  for (struct dirent *one = readdir(listing); one != NULL; one = readdir(listing)) {
    if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
    struct stat found, present;
    if (fstatat(fd, one->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    snprintf(entry, sizeof entry, "%s/%s", durable, one->d_name);
    snprintf(temporary, sizeof temporary, "%s/.taken.%s", durable, one->d_name);
    if (S_ISDIR(found.st_mode)) {
      char child[8192];
      dir_path(child, sizeof child, "x", found.st_ino);
      snprintf(target, sizeof target, "../d%llu", (unsigned long long)found.st_ino);
      ssize_t length = readlink(entry, old, sizeof old - 1);
      if (length > 0 && (old[length] = 0, strcmp(old, target) == 0)) continue;
      unlink(temporary);
      if (symlink(target, temporary) != 0 || rename(temporary, entry) != 0) fail("symlink", entry);
    } else if (S_ISREG(found.st_mode)) {
      object_path(object, sizeof object, found.st_ino);
      struct stat kept;
      /* A file that nobody has opened under this library: made by a link from elsewhere. Not ours. */
      if (lstat(object, &kept) != 0) continue;
      if (lstat(entry, &present) == 0 && present.st_ino == kept.st_ino) continue;
      unlink(temporary);
      if (link(object, temporary) != 0 || rename(temporary, entry) != 0) fail("link", entry);
    }
  }
  closedir(listing);
  listing = opendir(durable);
  if (listing == NULL) fail("opendir", durable);
  for (struct dirent *one = readdir(listing); one != NULL; one = readdir(listing)) {
    if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
    struct stat found;
    if (fstatat(fd, one->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT) continue;
    if (unlinkat(dirfd(listing), one->d_name, 0) != 0) fail("unlink", one->d_name);
  }
  closedir(listing);
}

/* Takes a folder in as it stands: all of it is durable. */
static void take_in(const char *path, const char *relative) {
  int fd = openat_real()(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return;
    fail("open", path);
  }
  char self[64], inner[8192], object[8192];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  DIR *listing = opendir(self);
  if (listing == NULL) fail("opendir", path);
  for (struct dirent *one = readdir(listing); one != NULL; one = readdir(listing)) {
    if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
    struct stat found;
    if (fstatat(fd, one->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    snprintf(inner, sizeof inner, "%s/%s", path, one->d_name);
    if (S_ISDIR(found.st_mode)) take_in(inner, "x");
    else if (S_ISREG(found.st_mode)) {
      int from = openat_real()(AT_FDCWD, inner, O_RDONLY | O_CLOEXEC);
      object_path(object, sizeof object, found.st_ino);
      int to = openat_real()(AT_FDCWD, object, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (from < 0 || to < 0) fail("take in", inner);
      copy_range(from, to, 0, found.st_size);
      close_real()(from);
      close_real()(to);
    }
  }
  closedir(listing);
  sync_names(fd, relative);
  close_real()(fd);
}

__attribute__((constructor)) static void start(void) {
  const char *value = getenv("GLASPOST_SHADOW_ROOT");
  if (value != NULL) snprintf(root, sizeof root, "%s", value);
  root_length = strlen(root);
  value = getenv("GLASPOST_SHADOW");
  if (value != NULL && root_length > 0) {
    char path[4096];
    snprintf(shadow, sizeof shadow, "%s", value);
    snprintf(path, sizeof path, "%s/objects", shadow);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/dirs", shadow);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/dirs/root", shadow);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/ready", shadow);
    if (access(path, F_OK) != 0) {
      take_in(root, "");
      int fd = openat_real()(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (fd < 0) fail("open", path);
      close_real()(fd);
    }
  }
  gate = getenv("GLASPOST_SYNC_GATE");
  failing = getenv("GLASPOST_SYNC_FAIL");
  value = getenv("GLASPOST_SYNC_DELAY_MS");
  delay_ms = value == NULL ? 0 : atol(value);
  value = getenv("GLASPOST_TRACE");
  if (value != NULL) trace = openat_real()(AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void add_range(struct object *object, off_t from, off_t to) {
  if (to <= from) return;
  if (object->count > 0) {
    struct range *last = &object->ranges[object->count - 1];
    if (from <= last->to && to >= last->from) {
      if (from < last->from) last->from = from;
      if (to > last->to) last->to = to;
      return;
    }
  }
  if (object->count == RANGES_MAX) {
    struct range all = {from, to};
    for (int i = 0; i < object->count; i++) {
      if (object->ranges[i].from < all.from) all.from = object->ranges[i].from;
      if (object->ranges[i].to > all.to) all.to = object->ranges[i].to;
    }
    object->ranges[0] = all;
    object->count = 1;
    return;
  }
  if (object->count == object->room) {
    object->room = object->room == 0 ? 16 : object->room * 2;
    object->ranges = realloc(object->ranges, (size_t)object->room * sizeof(struct range));
  }
  object->ranges[object->count++] = (struct range){from, to};
}

/* Under `lock`. `fresh`: the file has just been made, its inode number may have been another file's. */
static struct object *object_of(int fd, const struct stat *real, int fresh) {
  struct object *object = objects;
  while (object != NULL && (object->ino != real->st_ino || object->dev != real->st_dev)) object = object->next;
  if (object != NULL && !fresh) return object;
  char path[8192];
  object_path(path, sizeof path, real->st_ino);
  if (fresh) unlink(path);
  int known = openat_real()(AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  int durable = known >= 0 ? known : openat_real()(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (durable < 0) fail("open", path);
  if (object == NULL) {
    object = calloc(1, sizeof *object);
    object->dev = real->st_dev;
    object->ino = real->st_ino;
    pthread_mutex_init(&object->syncing, NULL);
    object->next = objects;
    objects = object;
  } else {
    close_real()(object->shadow);
    object->count = 0;
  }
  object->shadow = durable;
  (void)fd;
  /* What an earlier process wrote here and did not sync is not known: the next sync takes all of it. */
  if (!fresh) {
    struct stat kept;
    fstat(durable, &kept);
    add_range(object, 0, real->st_size > kept.st_size ? real->st_size : kept.st_size);
  }
  return object;
}

static const char *below_root(const char *path) {
  if (root_length == 0 || strncmp(path, root, root_length) != 0) return NULL;
  if (path[root_length] == 0) return "";
  return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static void forget(int fd) {
  if (fd < 0 || fd >= FDS || fds[fd].kind == NONE) return;
  fds[fd] = (struct followed){NONE, NULL};
}

/* Where a descriptor leads, below the root; NULL when it is none of ours. */
static const char *place_of(int fd, char *path, size_t size) {
  char self[64];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(self, path, size - 1);
  if (length <= 0) return NULL;
  path[length] = 0;
  return below_root(path);
}

static void opened(int fd, int flags, int existed, off_t old_size) {
  if (fd < 0 || fd >= FDS) return;
  char path[8192];
  const char *relative = place_of(fd, path, sizeof path);
  struct stat real;
  pthread_mutex_lock(&lock);
  forget(fd);
  pthread_mutex_unlock(&lock);
  if (relative == NULL || fstat(fd, &real) != 0) return;
  pthread_mutex_lock(&lock);
  if (S_ISDIR(real.st_mode)) fds[fd] = (struct followed){DIR_FD, NULL};
  else if (S_ISREG(real.st_mode)) {
    struct object *object = NULL;
    if (shadow[0] != 0) {
      object = object_of(fd, &real, !existed);
      if (existed && (flags & O_TRUNC)) add_range(object, 0, old_size);
    }
    fds[fd] = (struct followed){FILE_FD, object};
  }
  pthread_mutex_unlock(&lock);
}

static int open_any(int folder, const char *path, int flags, mode_t mode) {
  if (root_length == 0) return openat_real()(folder, path, flags, mode);
  int makes = (flags & O_CREAT) != 0 || (flags & O_TRUNC) != 0;
  struct stat before;
  int existed = 1;
  before.st_size = 0;
  if (makes) {
    pthread_mutex_lock(&naming);
    existed = fstatat(folder, path, &before, 0) == 0;
  }
  int fd = openat_real()(folder, path, flags, mode);
  int error = errno;
  if (fd >= 0) opened(fd, flags, existed, before.st_size);
  if (makes) pthread_mutex_unlock(&naming);
  errno = error;
  return fd;
}

#define MODE(flags)                                                                                                    \
  mode_t mode = 0;                                                                                                     \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                             \
    va_list list;                                                                                                      \
    va_start(list, flags);                                                                                             \
    mode = va_arg(list, mode_t);                                                                                       \
    va_end(list);                                                                                                      \
  }

int open(const char *path, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return open_any(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return open_any(folder, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int __open_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_any(AT_FDCWD, path, flags, 0); }
int __openat_2(int folder, const char *path, int flags) { return open_any(folder, path, flags, 0); }
int __openat64_2(int folder, const char *path, int flags) { return open_any(folder, path, flags, 0); }

int close(int fd) {
  pthread_mutex_lock(&lock);
  forget(fd);
  pthread_mutex_unlock(&lock);
  return close_real()(fd);
}

/* The file behind a descriptor; NULL when it is none of ours, or the number has been used again behind our back. */
static struct object *file_of(int fd) {
  if (fd < 0 || fd >= FDS || fds[fd].kind != FILE_FD || fds[fd].object == NULL) return NULL;
  struct stat real;
  if (fstat(fd, &real) != 0 || real.st_ino != fds[fd].object->ino || !S_ISREG(real.st_mode)) return NULL;
  return fds[fd].object;
}

static void wrote(int fd, off_t from, ssize_t count) {
  struct object *object = count > 0 ? file_of(fd) : NULL;
  if (object == NULL) return;
  int error = errno;
  if (from < 0) from = lseek(fd, 0, SEEK_CUR) - count;
  pthread_mutex_lock(&lock);
  add_range(object, from, from + count);
  pthread_mutex_unlock(&lock);
  errno = error;
}

/* Whether what goes over this descriptor is traced: TCP. Standard output of a child is a socket too, of another family. */
static int traced(int fd) {
  if (trace < 0) return 0;
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  int error = errno;
  int inet = getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
             (address.ss_family == AF_INET || address.ss_family == AF_INET6);
  errno = error;
  return inet;
}

static void tell_octets(char what, int fd, const struct iovec *parts, int count, ssize_t most) {
  static const char digits[] = "0123456789abcdef";
  static char line[2 * TRACED_OCTETS + 64];
  int error = errno;
  pthread_mutex_lock(&tracing);
  int at = snprintf(line, sizeof line, "%c %lld %d ", what, now(), fd);
  ssize_t left = most < TRACED_OCTETS ? most : TRACED_OCTETS;
  for (int i = 0; i < count; i++) {
    const unsigned char *octets = parts[i].iov_base;
    for (size_t n = 0; n < parts[i].iov_len && left > 0; n++, left--) {
      line[at++] = digits[octets[n] >> 4];
      line[at++] = digits[octets[n] & 15];
    }
  }
  line[at++] = '\n';
  write_real()(trace, line, (size_t)at);
  pthread_mutex_unlock(&tracing);
  errno = error;
}

static ssize_t total(const struct iovec *parts, int count) {
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) sum += (ssize_t)parts[i].iov_len;
  return sum;
}

ssize_t read(int fd, void *octets, size_t count) {
  ssize_t done = read_real()(fd, octets, count);
  struct iovec part = {octets, count};
  if (done > 0 && traced(fd)) tell_octets('R', fd, &part, 1, done);
  return done;
}
ssize_t readv(int fd, const struct iovec *parts, int count) {
  ssize_t done = readv_real()(fd, parts, count);
  if (done > 0 && traced(fd)) tell_octets('R', fd, parts, count, done);
  return done;
}
ssize_t recv(int fd, void *octets, size_t count, int flags) {
  ssize_t done = recv_real()(fd, octets, count, flags);
  struct iovec part = {octets, count};
  if (done > 0 && (flags & MSG_PEEK) == 0 && traced(fd)) tell_octets('R', fd, &part, 1, done);
  return done;
}
ssize_t write(int fd, const void *octets, size_t count) {
  struct iovec part = {(void *)octets, count};
  if (traced(fd)) tell_octets('W', fd, &part, 1, (ssize_t)count);
  ssize_t done = write_real()(fd, octets, count);
  wrote(fd, -1, done);
  return done;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (traced(fd)) tell_octets('W', fd, parts, count, total(parts, count));
  ssize_t done = writev_real()(fd, parts, count);
  wrote(fd, -1, done);
  return done;
}
ssize_t send(int fd, const void *octets, size_t count, int flags) {
  struct iovec part = {(void *)octets, count};
  if (traced(fd)) tell_octets('W', fd, &part, 1, (ssize_t)count);
  return send_real()(fd, octets, count, flags);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  if (traced(fd)) tell_octets('W', fd, message->msg_iov, (int)message->msg_iovlen, total(message->msg_iov, (int)message->msg_iovlen));
  return sendmsg_real()(fd, message, flags);
}

static ssize_t pwrite_any(int fd, const void *octets, size_t count, off_t at) {
  ssize_t done = pwrite64_real()(fd, octets, count, at);
  wrote(fd, at, done);
  return done;
}
static ssize_t pwritev_any(int fd, const struct iovec *parts, int count, off_t at) {
  ssize_t done = pwritev64_real()(fd, parts, count, at);
  wrote(fd, at, done);
  return done;
}
ssize_t pwrite(int fd, const void *octets, size_t count, off_t at) { return pwrite_any(fd, octets, count, at); }
ssize_t pwrite64(int fd, const void *octets, size_t count, off_t at) { return pwrite_any(fd, octets, count, at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return pwritev_any(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) { return pwritev_any(fd, parts, count, at); }

static int truncate_any(int fd, off_t length) {
  struct object *object = file_of(fd);
  struct stat before;
  if (object != NULL) fstat(fd, &before);
  int result = ftruncate64_real()(fd, length);
  if (result == 0 && object != NULL) {
    pthread_mutex_lock(&lock);
    /* What was cut off reads as zeros if the file grows again. */
    if (before.st_size > length) add_range(object, length, before.st_size);
    pthread_mutex_unlock(&lock);
  }
  return result;
}
int ftruncate(int fd, off_t length) { return truncate_any(fd, length); }
int ftruncate64(int fd, off_t length) { return truncate_any(fd, length); }

/* Growing is seen by the length at the next sync; what a mode clears or moves is copied anew. */
static void allocated(int fd, off_t at, off_t length) {
  struct object *object = file_of(fd);
  if (object == NULL) return;
  pthread_mutex_lock(&lock);
  add_range(object, at, at + length);
  pthread_mutex_unlock(&lock);
}
int fallocate(int fd, int mode, off_t at, off_t length) {
  int result = fallocate64_real()(fd, mode, at, length);
  if (result == 0) allocated(fd, at, length);
  return result;
}
int fallocate64(int fd, int mode, off_t at, off_t length) { return fallocate(fd, mode, at, length); }
int posix_fallocate(int fd, off_t at, off_t length) {
  int result = posix_fallocate64_real()(fd, at, length);
  if (result == 0) allocated(fd, at, length);
  return result;
}
int posix_fallocate64(int fd, off_t at, off_t length) { return posix_fallocate(fd, at, length); }

static void pause_ms(long ms) {
  struct timespec time = {ms / 1000, (ms % 1000) * 1000000};
  nanosleep(&time, NULL);
}

static int sync_any(int fd, int (*real)(int)) {
  if (fd < 0 || fd >= FDS || fds[fd].kind == NONE) return real(fd);
  /* A descriptor that was closed behind our back may be another file by now. */
  char path[8192];
  const char *relative = place_of(fd, path, sizeof path);
  struct stat present;
  if (relative == NULL || fstat(fd, &present) != 0) return real(fd);
  unsigned long long ino = present.st_ino;
  struct object *object = file_of(fd);
  struct range *ranges = NULL;
  int count = 0;
  /* Two syncs of one file do not overlap: what the second promises includes what the first has taken. */
  if (object != NULL) pthread_mutex_lock(&object->syncing);
  pthread_mutex_lock(&lock);
  if (object != NULL) {
    fstat(fd, &present);
    ranges = object->ranges;
    count = object->count;
    object->ranges = NULL;
    object->count = object->room = 0;
  }
  pthread_mutex_unlock(&lock);
  if (trace >= 0) tell("B %lld %llu\n", now(), ino);
  if (gate != NULL && access(gate, F_OK) == 0) {
    if (trace >= 0) tell("G %lld %llu\n", now(), ino);
    while (access(gate, F_OK) == 0) pause_ms(2);
  }
  if (delay_ms > 0) pause_ms(delay_ms);
  int result, error;
  if (failing != NULL && access(failing, F_OK) == 0) {
    result = -1;
    error = EIO;
  } else {
    result = real(fd);
    error = errno;
  }
  if (result == 0 && object != NULL) {
    int from = fd;
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
      char self[64];
      snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
      from = openat_real()(AT_FDCWD, self, O_RDONLY | O_CLOEXEC);
      if (from < 0) fail("open", self);
    }
    for (int i = 0; i < count; i++)
      copy_range(from, object->shadow, ranges[i].from, ranges[i].to < present.st_size ? ranges[i].to : present.st_size);
    if (ftruncate64_real()(object->shadow, present.st_size) != 0) fail("truncate", "shadow");
    if (from != fd) close_real()(from);
  } else if (object != NULL) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < count; i++) add_range(object, ranges[i].from, ranges[i].to);
    pthread_mutex_unlock(&lock);
  }
  free(ranges);
  if (object != NULL) pthread_mutex_unlock(&object->syncing);
  if (result == 0 && S_ISDIR(present.st_mode) && shadow[0] != 0) {
    pthread_mutex_lock(&naming);
    sync_names(fd, relative);
    pthread_mutex_unlock(&naming);
  }
  if (trace >= 0) tell("E %lld %llu %d\n", now(), ino, result);
  errno = error;
  return result;
}
int fsync(int fd) { return sync_any(fd, fsync_real()); }
int fdatasync(int fd) { return sync_any(fd, fdatasync_real()); }
