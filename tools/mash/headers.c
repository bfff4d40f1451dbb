/* SPDX-License-Identifier: MIT
 *
 * headers.c - the headers of a request that decide something. */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/bug.h"
#include "tools/mash/request.h"

/* --- values ------------------------------------------------------------------------------------------------------- */

/* Around a value and its parts (RFC 9110, 5.5). */
static const char blanks[] = " \t";

static struct mms_text trim(const char *from, size_t size)
{
    while (size > 0 && strchr(blanks, *from) != NULL) {
        from++;
        size--;
    }
    while (size > 0 && strchr(blanks, from[size - 1]) != NULL)
        size--;
    return (struct mms_text){from, size};
}

/* --- Host --------------------------------------------------------------------------------------------------------- */

/* The length of the name or address that stands before a port, without brackets. 0: it is none. */
static size_t host_size(struct mms_text text, bool bracket)
{
    const char *end = memchr(text.data, bracket ? ']' : ':', text.size);
    size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
    size_t behind = size + (bracket && end != NULL);
    bool port = behind < text.size && text.data[behind] == ':';

    for (size_t i = behind + port; i < text.size; i++)
        if ((text.data[i] < '0' || text.data[i] > '9') && MMS_BUG != MMS_BUG_PORT)
            return 0;
    return (bracket && end == NULL) || (behind < text.size && !port) ? 0 : size;
}

bool mash_host_is_ours(const char *header, const struct mash_hosts *hosts)
{
    char host[MASH_HOST_SIZE], address[INET6_ADDRSTRLEN];
    unsigned char bytes[sizeof(struct in6_addr)];

    struct mms_text text = header != NULL ? trim(header, strlen(header)) : (struct mms_text){0};
    bool bracket = text.size > 0 && text.data[0] == '[';
    if (bracket)
        text = (struct mms_text){text.data + 1, text.size - 1};
    size_t size = text.size > 0 ? host_size(text, bracket) : 0;
    if (size == 0 || size >= MASH_HOST_SIZE)
        return false;
    memcpy(host, text.data, size);
    host[size] = '\0';
    int family = bracket ? AF_INET6 : AF_INET;
    bool is_address = inet_pton(family, host, bytes) == 1;
    if (is_address && hosts->any_address)
        return true; /* a name can be made to lead here, an address cannot */
    if (is_address) /* as it is written in the list */
        inet_ntop(family, bytes, address, sizeof address);
    else if (bracket)
        return false;
    for (size_t i = 0; i < hosts->count; i++)
        if (strcasecmp(hosts->names[i], is_address ? address : host) == 0)
            return true;
    return false;
}

/* --- Accept-Encoding, If-None-Match ------------------------------------------------------------------------------- */

static bool is(struct mms_text text, const char *name)
{
    return text.size == strlen(name) && strncasecmp(text.data, name, text.size) == 0;
}

/* What stands before the next `end`, which is skipped. false: nothing is left. */
static bool next_piece(const char **at, const char *limit, char end, struct mms_text *piece)
{
    if (*at == NULL)
        return false;
    const char *found = memchr(*at, end, (size_t)(limit - *at));
    const char *stop = found != NULL ? found : limit;
    *piece = trim(*at, (size_t)(stop - *at));
    *at = found != NULL ? found + 1 : NULL;
    return true;
}

/* In thousandths; what is no number from 0 to 1 counts as 1. */
static int quality(struct mms_text text)
{
    int value = 0, unit = 1000;
    if (text.size == 0 || text.size > 5 || (text.data[0] != '0' && text.data[0] != '1') ||
        (text.size > 1 && text.data[1] != '.'))
        return 1000;
    for (size_t i = 0; i < text.size; i++) {
        if (i == 1)
            continue;
        if (text.data[i] < '0' || text.data[i] > '9')
            return 1000;
        value += (text.data[i] - '0') * unit;
        unit /= 10;
    }
    return value > 1000 ? 1000 : value;
}

/* One of the things that a header lists. */
struct choice {
    struct mms_text name;
    int quality;
};

static bool next_choice(const char **at, struct choice *choice)
{
    struct mms_text all, parameter;
    if (*at == NULL || !next_piece(at, *at + strlen(*at), ',', &all))
        return false;
    const char *in = all.data, *limit = all.data + all.size;
    *choice = (struct choice){.quality = 1000};
    next_piece(&in, limit, ';', &choice->name);
    while (next_piece(&in, limit, ';', &parameter)) {
        const char *equal = memchr(parameter.data, '=', parameter.size);
        if (equal == NULL)
            continue;
        struct mms_text name = trim(parameter.data, (size_t)(equal - parameter.data));
        struct mms_text value = trim(equal + 1, (size_t)(parameter.data + parameter.size - equal - 1));
        if (is(name, "q"))
            choice->quality = quality(value);
    }
    return true;
}

bool mash_accepts_gzip(const char *header)
{
    struct choice choice;
    int any = 0, gzip = -1;
    while (next_choice(&header, &choice)) {
        if (is(choice.name, "gzip") || is(choice.name, "x-gzip"))
            gzip = choice.quality;
        else if (is(choice.name, "*"))
            any = choice.quality;
    }
    return (gzip >= 0 ? gzip : any) > 0;
}

bool mash_has_etag(const char *header, const char *etag)
{
    struct mms_text one;
    while (header != NULL && next_piece(&header, header + strlen(header), ',', &one)) {
        if ((one.size > 2 || MMS_BUG == MMS_BUG_WEAK) && memcmp(one.data, "W/", 2) == 0)
            one = (struct mms_text){one.data + 2, one.size - 2};
        if (is(one, "*") || (one.size == strlen(etag) && memcmp(one.data, etag, one.size) == 0))
            return true;
    }
    return false;
}
