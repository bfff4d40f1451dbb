/* SPDX-License-Identifier: MIT
 *
 * table.c - memory that is freed at once, and hash tables of what lies in it. */

#include <stdlib.h>
#include <string.h>

#include "tools/metrics/model.h"

enum { CHUNK = 1 << 16, ALIGN = 16 };

struct metrics_chunk {
    _Alignas(ALIGN) struct metrics_chunk *next;
};

static bool add_chunk(struct metrics_arena *arena, size_t size)
{
    size_t room = size > CHUNK ? size : CHUNK;
    struct metrics_chunk *chunk = calloc(1, sizeof *chunk + room);
    if (chunk == NULL)
        return false;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->at = (char *)(chunk + 1);
    arena->left = room;
    return true;
}

void *metrics_alloc(struct metrics_arena *arena, size_t size)
{
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (size > arena->left && !add_chunk(arena, size))
        return NULL;
    void *block = arena->at;
    arena->at += size;
    arena->left -= size;
    return block;
}

struct mms_text metrics_copy(struct metrics_arena *arena, struct mms_text text)
{
    char *copy = metrics_alloc(arena, text.size + 1);
    if (copy != NULL && text.size > 0)
        memcpy(copy, text.data, text.size);
    return (struct mms_text){copy, copy != NULL ? text.size : 0};
}

void metrics_arena_free(struct metrics_arena *arena)
{
    while (arena->chunks != NULL) {
        struct metrics_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

static struct metrics_node *first_with(struct metrics_node *node, uint64_t hash)
{
    while (node != NULL && node->hash != hash)
        node = node->next;
    return node;
}

struct metrics_node *metrics_table_first(const struct metrics_table *table, uint64_t hash)
{
    return table->buckets == NULL ? NULL : first_with(table->buckets[hash & table->mask], hash);
}

struct metrics_node *metrics_table_next(const struct metrics_node *node)
{
    return first_with(node->next, node->hash);
}

static void put(struct metrics_table *table, struct metrics_node *node)
{
    struct metrics_node **bucket = &table->buckets[node->hash & table->mask];
    node->next = *bucket;
    *bucket = node;
}

static bool grow(struct metrics_table *table)
{
    size_t size = table->buckets == NULL ? 64 : 2 * (table->mask + 1);
    struct metrics_table grown = {.buckets = calloc(size, sizeof(struct metrics_node *)), .mask = size - 1,
                                  .count = table->count};
    if (grown.buckets == NULL)
        return false;
    for (size_t i = 0; table->buckets != NULL && i <= table->mask; i++)
        for (struct metrics_node *node = table->buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            put(&grown, node);
        }
    free(table->buckets);
    *table = grown;
    return true;
}

bool metrics_table_add(struct metrics_table *table, struct metrics_node *node)
{
    if ((table->buckets == NULL || table->count > table->mask) && !grow(table))
        return false;
    table->count++;
    put(table, node);
    return true;
}

void metrics_table_free(struct metrics_table *table)
{
    free(table->buckets);
    *table = (struct metrics_table){0};
}
