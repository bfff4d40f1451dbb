/* SPDX-License-Identifier: MIT
 *
 * model.c - an instance per thread: made on first use, parked when the thread ends, taken up by the next thread. */

#include <stdlib.h>

#include "writer/internal.h"

#define CACHE_LINE 64

struct mms_instance {
    struct mms_instance *next;     /* of the same thread, or parked too */
    struct mms_instance *next_all; /* of the same model */
    struct mms_model *model;
    struct mms_writer *writer;
    size_t table; /* so many of the writer's bindings are the model's */
    _Alignas(CACHE_LINE) char handles[]; /* the model's struct: no other thread's data shares its cache lines */
};

/* What stands behind mms_model.state. */
struct state {
    struct mms_instance *all, *parked;
    bool off; /* publish nothing: a child process, and MMS_FORK_PRIVATE */
};

/* The thread's instances, one of each model that it used. */
static _Thread_local struct mms_instance *mine;
static pthread_key_t key;

/* --- making ------------------------------------------------------------------------------------------------------- */

static struct mms_instance *allocate(struct mms_model *model)
{
    size_t size = sizeof(struct mms_instance) + model->size;
    size = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct mms_instance *instance = aligned_alloc(CACHE_LINE, size);
    if (instance != NULL) {
        memset(instance, 0, size);
        instance->model = model;
    }
    return instance;
}

/* A program whose options are wrong still gets handles that work, and a message. */
static int make_writer(const struct mms_model *model, struct mms_writer **writer)
{
    const char *prefix = model->options != NULL && model->options->prefix != NULL ? model->options->prefix : "";
    size_t space = mms_tables_bound(model->fields, model->count, strlen(prefix), 0);
    space += 4096 + MMS_SYS_FIELDS * (512 + strlen(prefix));
    int error = mms_writer_make(model->options, space, model->name, writer);
    if (error != -EINVAL)
        return error;
    error = mms_writer_make(NULL, space, model->name, writer);
    if (error == 0) {
        (*writer)->off = true;
        mms_writer_fail(*writer, -EINVAL, model->name, "its options are wrong; is size the size of the struct?");
    }
    return error;
}

/* Errors of fields and file stay in the writer, for mms_writer_error. */
static struct mms_instance *make(struct mms_model *model, struct state *state)
{
    struct mms_instance *instance = allocate(model);
    if (instance == NULL)
        return NULL;
    if (make_writer(model, &instance->writer) < 0) {
        free(instance);
        return NULL;
    }
    instance->writer->instance = instance;
    instance->writer->off |= state->off;
    instance->writer->keeps_handles = true;
    mms_tables_add(instance->writer, model->fields, model->count, instance->handles);
    instance->writer->keeps_handles = false; /* of fields that the program adds, handles are its own */
    instance->table = instance->writer->count;
    mms_writer_publish(instance->writer);
    instance->next_all = state->all;
    state->all = instance;
    return instance;
}

/* --- parking ------------------------------------------------------------------------------------------------------ */

static void reset(const struct mms_writer *writer)
{
    uint64_t *generation = mms_writer_generation(writer, writer->base); /* readers see all of it, or none */
    if (generation != NULL)
        mms_generation_open(generation);
    mms_writer_mend_sequence(writer, writer->base);
    for (size_t i = 0; i < writer->count; i++)
        mms_binding_reset(&writer->bindings[i]);
    if (generation != NULL)
        mms_generation_close(generation);
}

/* A thread ends. What its gauges say is over; what it counted stays. */
static void park_all(void *round)
{
    /* Late: destructors of other keys may still update fields. Not in the very last round, which the sanitizers take
     * for their own end of a thread. */
    if ((uintptr_t)round < PTHREAD_DESTRUCTOR_ITERATIONS - 1) {
        pthread_setspecific(key, (void *)((uintptr_t)round + 1));
        return;
    }
    int cancel_state = mms_registry_lock();
    while (mine != NULL) {
        struct mms_instance *instance = mine;
        struct state *state = instance->model->state;
        mine = instance->next;
        reset(instance->writer);
        for (size_t i = instance->table; i < instance->writer->count; i++)
            instance->writer->bindings[i].orphan = true;
        instance->writer->parked = true;
        instance->next = state->parked;
        state->parked = instance;
    }
    mms_registry_unlock(cancel_state);
}

/* A file that could not be made, or was removed, is made now. */
static struct mms_instance *unpark(struct state *state)
{
    struct mms_instance *instance = state->parked;
    if (instance == NULL)
        return NULL;
    state->parked = instance->next;
    reset(instance->writer);
    instance->writer->parked = false;
    instance->writer->thread = pthread_self();
    mms_fields_set_tid(instance->writer);
    mms_writer_publish(instance->writer);
    return instance;
}

bool mms_model_setup(void)
{
    return pthread_key_create(&key, park_all) == 0;
}

/* When the library is unloaded, no thread may end in it any more. */
void mms_model_teardown(void)
{
    pthread_key_delete(key);
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

static struct mms_instance *find(const struct mms_model *model)
{
    for (struct mms_instance *instance = mine; instance != NULL; instance = instance->next)
        if (instance->model == model)
            return instance;
    return NULL;
}

static struct state *state_of(struct mms_model *model)
{
    if (model->state == NULL)
        model->state = calloc(1, sizeof(struct state));
    return model->state;
}

/* NULL when there is no memory. */
static struct mms_instance *first_use(struct mms_model *model)
{
    struct mms_instance *instance = NULL;
    int cancel_state = mms_registry_lock();
    struct state *state = mms_registry_setup() ? state_of(model) : NULL;
    if (state != NULL && (instance = unpark(state)) == NULL)
        instance = make(model, state);
    if (instance != NULL) {
        instance->next = mine;
        mine = instance;
        if (pthread_getspecific(key) == NULL)
            pthread_setspecific(key, (void *)(uintptr_t)1); /* park_all is to be called: round 1 */
    } else if (!model->spare_bound) {
        mms_tables_bind_scratch(model->fields, model->count, model->spare, 0);
        model->spare_bound = true;
    }
    mms_registry_unlock(cancel_state);
    return instance;
}

static struct mms_instance *get(struct mms_model *model)
{
    struct mms_instance *instance = find(model);
    return MMS_LIKELY(instance != NULL) ? instance : first_use(model);
}

void *mms_get(struct mms_model *model)
{
    struct mms_instance *instance = get(model);
    return instance != NULL ? instance->handles : model->spare;
}

struct mms_writer *mms_model_writer(struct mms_model *model)
{
    struct mms_instance *instance = get(model);
    return instance != NULL ? instance->writer : NULL;
}

int mms_model_remove(struct mms_model *model)
{
    int first_error = 0;
    int cancel_state = mms_registry_lock();
    const struct state *state = model->state;
    for (struct mms_instance *i = state != NULL ? state->all : NULL; i != NULL; i = i->next_all) {
        int error = mms_remove_own(i->writer);
        if (first_error == 0)
            first_error = error;
    }
    mms_registry_unlock(cancel_state);
    return first_error;
}

void mms_instance_turn_off(struct mms_instance *instance)
{
    ((struct state *)instance->model->state)->off = true;
}
