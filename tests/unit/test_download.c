/* SPDX-License-Identifier: MIT */
/* Downloads from a server of the test's own, on the loopback address. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/arena.h"
#include "runner/base/file.h"
#include "runner/store/download.h"
#include "sample.h"

enum { LENGTH = 200003, BEGUN = 70001, CUT = 4001 };

/*
 * Answers by path: /file knows ranges, /whole does not, /cut breaks off, /silent says
 * nothing, /endless does not end, all else is 404. One connection at a time.
 */
struct server {
    pthread_t thread;
    int listener;
    unsigned port;
    char *bytes; /* LENGTH */
    atomic_int requests, ranged;
};

static void
send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        bytes += n;
        count -= (size_t)n;
    }
}

static void
send_file(const struct server *server, int fd, size_t begin, size_t count, bool partial)
{
    char head[300];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n",
                     partial ? "206 Partial Content" : "200 OK", (size_t)LENGTH - begin);

    if (partial)
        n += snprintf(head + n, sizeof head - (size_t)n,
                      "Content-Range: bytes %zu-%d/%d\r\n", begin, LENGTH - 1, LENGTH);
    send_all(fd, head, (size_t)n);
    send_all(fd, "\r\n", 2);
    send_all(fd, server->bytes + begin, count);
}

static void
answer(struct server *server, int fd, const char *request)
{
    const char *range = strstr(request, "Range: bytes=");
    size_t begin = range ? strtoul(range + 13, NULL, 10) : 0;
    char nothing[1];

    atomic_fetch_add(&server->requests, 1);
    if (range)
        atomic_fetch_add(&server->ranged, 1);
    if (strncmp(request, "GET /file ", 10) == 0 && begin >= LENGTH)
        send_all(fd, "HTTP/1.1 416 No\r\nConnection: close\r\n\r\n", 38);
    else if (strncmp(request, "GET /file ", 10) == 0)
        send_file(server, fd, begin, LENGTH - begin, range != NULL);
    else if (strncmp(request, "GET /whole ", 11) == 0)
        send_file(server, fd, 0, LENGTH, false);
    else if (strncmp(request, "GET /cut ", 9) == 0)
        send_file(server, fd, 0, CUT, false);
    else if (strncmp(request, "GET /silent ", 12) == 0)
        recv(fd, nothing, 1, 0);
    else if (strncmp(request, "GET /endless ", 13) == 0) {
        send_all(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 38);
        for (int i = 0; i < 10; i++)
            send_all(fd, server->bytes, LENGTH);
    } else
        send_all(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 45);
}

static void *
serve(void *context)
{
    struct server *server = context;
    int fd;

    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        char request[4096];
        ssize_t n = recv(fd, request, sizeof request - 1, 0);

        request[n > 0 ? n : 0] = '\0';
        answer(server, fd, request);
        close(fd);
    }
    return NULL;
}

static struct server *
start(void)
{
    struct server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->listener, 8), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size),
                     0);
    server->port = ntohs(address.sin_port);
    server->bytes = malloc(LENGTH);
    for (size_t i = 0; i < LENGTH; i++)
        server->bytes[i] = (char)(i * 2654435761u >> 13);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

static void
stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    free(server->bytes);
    free(server);
}

struct told {
    unsigned calls;
    uint64_t done, total;
    atomic_int *stop;
};

static void
hear(void *context, uint64_t done, uint64_t total)
{
    struct told *told = context;

    assert_true(done >= told->done);
    told->calls++;
    told->done = done;
    told->total = total;
    if (told->stop)
        atomic_store(told->stop, 2);
}

static enum sl_status
get(const struct server *server, const char *path, struct sl_download *download,
    struct sl_error *err)
{
    struct sl_curl *curl;
    char url[100];
    enum sl_status status;

    snprintf(url, sizeof url, "http://127.0.0.1:%u/%s", server->port, path);
    download->url = url;
    download->path = "x.part";
    if (!download->connect_ms)
        download->connect_ms = download->stall_ms = 10000;
    assert_int_equal(sl_curl_open(&curl, err), SL_OK);
    status = sl_download(curl, download, err);
    sl_curl_close(curl);
    return status;
}

static void
assert_got(const struct server *server, size_t count)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    char *bytes;
    size_t got;

    sl_arena_init(&arena);
    assert_int_equal(sl_file_read("x.part", 1 << 20, &arena, &bytes, &got, &err), SL_OK);
    assert_int_equal(got, count);
    assert_memory_equal(bytes, server->bytes, count);
    sl_arena_release(&arena);
}

static void
a_file_comes_whole(void **state)
{
    struct server *server = start();
    struct told told = {0};
    struct sl_download download = {.progress = hear, .context = &told, .limit = LENGTH};
    struct sl_error err = {0};

    (void)state;
    remove("x.part");
    assert_int_equal(get(server, "file", &download, &err), SL_OK);
    assert_got(server, LENGTH);
    assert_true(told.calls > 0);
    assert_int_equal(told.done, LENGTH);
    assert_int_equal(told.total, LENGTH);
    stop(server);
}

static const struct {
    const char *path;
    size_t begun; /* bytes that are there */
    int requests, ranged;
} resumed[] = {
    {"file", BEGUN, 1, 1},
    {"whole", BEGUN, 2, 1}, /* refused by the library, so begun again */
    {"file", LENGTH, 1, 1}, /* 416: all of it is there */
};

static void
what_is_there_is_gone_on_from(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof resumed / sizeof *resumed; i++) {
        struct server *server = start();
        struct sl_download download = {0};
        struct sl_error err = {0};

        sample_write("x.part", server->bytes, resumed[i].begun);
        assert_int_equal(get(server, resumed[i].path, &download, &err), SL_OK);
        assert_got(server, LENGTH);
        assert_int_equal(atomic_load(&server->requests), resumed[i].requests);
        assert_int_equal(atomic_load(&server->ranged), resumed[i].ranged);
        stop(server);
    }
}

static const struct {
    const char *path;
    unsigned wait_ms;
    uint64_t limit;
    const char *want;
} failing[] = {
    {"nothing", 0, 0, "/nothing answered with error 404"},
    {"cut", 0, 0, "/cut broke off after 4001 bytes: "},
    {"silent", 900, 0, "/silent did not answer: "},
    {"endless", 0, 300000, "/endless sends more than 300000 bytes"},
};

static void
failures_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
        struct server *server = start();
        struct sl_download download = {.limit = failing[i].limit,
                                       .connect_ms = failing[i].wait_ms,
                                       .stall_ms = failing[i].wait_ms};
        struct sl_error err = {0};

        remove("x.part");
        assert_int_equal(get(server, failing[i].path, &download, &err), SL_ERR_IO);
        if (!strstr(err.text, failing[i].want))
            fail_msg("'%s' is not in '%s'", failing[i].want, err.text);
        stop(server);
    }
}

static void
what_came_of_a_broken_one_stays(void **state)
{
    struct server *server = start();
    struct sl_download download = {0};
    struct sl_error err = {0};

    (void)state;
    remove("x.part");
    assert_int_equal(get(server, "cut", &download, &err), SL_ERR_IO);
    assert_got(server, CUT);
    assert_int_equal(get(server, "file", &download, &err), SL_OK);
    assert_got(server, LENGTH);
    assert_int_equal(atomic_load(&server->ranged), 1);
    stop(server);
}

static void
nobody_listens(void **state)
{
    struct server server = {.port = 1};
    struct sl_download download = {0};
    struct sl_error err = {0};

    (void)state;
    assert_int_equal(get(&server, "file", &download, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "source http://127.0.0.1:1/file did not answer: "));
}

static void
a_request_to_stop_is_heard(void **state)
{
    struct server *server = start();
    atomic_int signal = 0;
    struct told told = {.stop = &signal};
    struct sl_download download = {.progress = hear, .context = &told, .stop = &signal};
    struct sl_error err = {0};

    (void)state;
    remove("x.part");
    assert_int_equal(get(server, "endless", &download, &err), SL_ERR_CANCELLED);
    stop(server);
}

static void
a_place_that_cannot_be_written_is_named(void **state)
{
    struct server *server = start();
    struct sl_download download = {.url = "http://127.0.0.1/", .path = "no/x.part"};
    struct sl_error err = {0};
    struct sl_curl *curl;

    (void)state;
    assert_int_equal(sl_curl_open(&curl, &err), SL_OK);
    assert_int_equal(sl_download(curl, &download, &err), SL_ERR_IO);
    assert_string_equal(err.text, "cannot write 'no/x.part': No such file or directory");
    sl_curl_close(curl);
    stop(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_comes_whole),
        cmocka_unit_test(what_is_there_is_gone_on_from),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(what_came_of_a_broken_one_stays),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(a_request_to_stop_is_heard),
        cmocka_unit_test(a_place_that_cannot_be_written_is_named),
    };

    /* A proxy of the machine's is no part of these tests. */
    setenv("no_proxy", "127.0.0.1", 1);
    return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
