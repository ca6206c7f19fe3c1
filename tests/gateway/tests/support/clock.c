/* A wall clock that a test sets: loaded into a Redis by LD_PRELOAD. CLOCK_SHIFT names a file of 8 bytes, the seconds to add. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("CLOCK_SHIFT"), O_RDONLY);
    shift = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    close(file);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int failed = (int)syscall(SYS_gettimeofday, now, zone);
    if (!failed && shift) now->tv_sec += *shift;
    return failed;
}

time_t time(time_t *result) {
    struct timeval now;
    gettimeofday(&now, NULL);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
