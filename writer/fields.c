/* SPDX-License-Identifier: MIT
 *
 * fields.c - adds a field: checks it, appends its record, binds its handle. */

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mmstats/version.h"
#include "writer/internal.h"

/* --- labels ------------------------------------------------------------------------------------------------------- */

/* FNV-1a */
uint32_t mms_fields_hash(const char *label, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)label[i]) * 16777619u;
    return hash;
}

const char *mms_field_label(const struct mms_field *field)
{
    if (field->label != NULL && *field->label != '\0')
        return field->label;
    return field->name != NULL && *field->name != '\0' ? field->name : NULL;
}

static struct mms_binding *find_label(const struct mms_writer *writer, struct mms_text label, uint32_t hash)
{
    if (writer->index_size == 0)
        return NULL;
    for (size_t i = hash & (writer->index_size - 1); writer->index[i] != 0; i = (i + 1) & (writer->index_size - 1)) {
        struct mms_binding *binding = &writer->bindings[writer->index[i] - 1];
        if (binding->hash == hash && binding->block == NULL && binding->label_size == label.size &&
            memcmp(writer->base + binding->label, label.data, label.size) == 0)
            return binding;
    }
    return NULL;
}

static void index_label(struct mms_writer *writer, size_t number)
{
    size_t i = writer->bindings[number].hash & (writer->index_size - 1);
    while (writer->index[i] != 0)
        i = (i + 1) & (writer->index_size - 1);
    writer->index[i] = (uint32_t)number + 1;
}

/* Room for one more binding, and for its label in the index, which is at most half full. */
static int make_room(struct mms_writer *writer)
{
    if (writer->count < writer->capacity)
        return 0;
    if (writer->count >= UINT32_MAX / 4)
        return -ENOSPC;
    size_t capacity = writer->capacity != 0 ? writer->capacity * 2 : 16;
    struct mms_binding *bindings = realloc(writer->bindings, capacity * sizeof *bindings);
    if (bindings == NULL)
        return -ENOMEM;
    writer->bindings = bindings;
    uint32_t *index = calloc(capacity * 2, sizeof *index);
    if (index == NULL)
        return -ENOMEM;
    free(writer->index);
    writer->index = index;
    writer->index_size = capacity * 2;
    writer->capacity = capacity;
    for (size_t i = 0; i < writer->count; i++)
        if (bindings[i].block == NULL)
            index_label(writer, i);
    return 0;
}

/* --- what a binding is made of ------------------------------------------------------------------------------------ */

static size_t samples_of(const struct mms_field *field)
{
    return field->size != 0 ? field->size : MMS_LIMIT_MOVING_DEFAULT;
}

/* The memory of averages, as a new instance has it. */
static int make_state(struct mms_binding *binding, const struct mms_field *field)
{
    size_t size = sizeof(struct mms_average_state);
    binding->state.any = NULL;
    if (binding->row->handle == MMS_HANDLE_MOVING || binding->row->handle == MMS_HANDLE_TIMER) {
        if (samples_of(field) > UINT32_MAX)
            return -EINVAL;
        size = sizeof(struct mms_moving_state) + samples_of(field) * sizeof(double);
    } else if (binding->row->handle != MMS_HANDLE_AVERAGE) {
        return 0;
    }
    binding->state.any = calloc(1, size);
    if (binding->state.any == NULL)
        return -ENOMEM;
    if (binding->row->handle != MMS_HANDLE_AVERAGE) {
        binding->state.moving->size = (uint32_t)samples_of(field);
        binding->state.moving->inverse = 1 / (double)samples_of(field);
    }
    return 0;
}

static void pad_static_text(const struct mms_field *field, char padded[MMS_LIMIT_STATIC_TEXT])
{
    const char *text = field->text != NULL ? field->text : "";
    memset(padded, 0, MMS_LIMIT_STATIC_TEXT);
    memcpy(padded, text, mms_utf8_cut(text, strlen(text), MMS_LIMIT_STATIC_TEXT));
}

static void set_static_text(const struct mms_binding *binding, const struct mms_field *field)
{
    char padded[MMS_LIMIT_STATIC_TEXT];
    pad_static_text(field, padded);
    mms_slot_copy_in(binding->values, padded, sizeof padded);
}

static void set_static(const struct mms_binding *binding, const struct mms_field *field)
{
    switch (binding->kind) {
    case MMS_KIND_STATIC_FLOAT:
        mms_binding_store(binding, mms_bits_of_float((float)field->number));
        return;
    case MMS_KIND_STATIC_DOUBLE:
        mms_binding_store(binding, mms_bits_of_double(field->number));
        return;
    case MMS_KIND_STATIC_TEXT:
        set_static_text(binding, field);
        return;
    default:
        mms_binding_store(binding, field->integer);
    }
}

static uint8_t metric_of(const struct mms_field *field, const struct mms_kind_row *row)
{
    return field->metric != 0 ? field->metric : (uint8_t)row->metric;
}

/* --- private fields ----------------------------------------------------------------------------------------------- */

/* Memory as in a file: in front of the values there is room for write buffer, write offset or sum, and a sequence stands
 * behind them. */
static int make_block(struct mms_binding *binding)
{
    const size_t front = sizeof(uint64_t);
    size_t bytes = (mms_shape_bytes(binding) + 7) / 8 * 8;
    uint8_t *block = calloc(1, front + bytes + sizeof(uint64_t));
    if (block == NULL)
        return -ENOMEM;
    binding->block = block;
    binding->values = block + front;
    if (binding->slots != 0)
        binding->sequence = (uint64_t *)(void *)(block + front + bytes);
    return 0;
}

void mms_fields_bind_private(struct mms_writer *writer, const struct mms_field *field, void *handle)
{
    const struct mms_kind_row *row = mms_kind_row(field->kind);
    if (row == NULL || row->handle == MMS_HANDLE_NONE || handle == NULL)
        return;
    struct mms_binding binding = {.row = row, .kind = field->kind, .size = field->size};
    binding.metric = metric_of(field, row);
    mms_shape_set(&binding, field, NULL);
    if (binding.stride == 0 || make_room(writer) < 0 || make_block(&binding) < 0) {
        mms_bind_scratch(field, handle);
        return;
    }
    make_state(&binding, field); /* without one, the last sample is the mean */
    mms_bind(&binding, field, handle);
    if (writer->keeps_handles && row->handle == MMS_HANDLE_TIMER)
        binding.timer = handle;
    writer->bindings[writer->count++] = binding;
}

/* --- fields in the file ------------------------------------------------------------------------------------------- */

/* What two fields of one kind and size may differ in. */
static uint64_t form_of(const struct mms_field *field)
{
    if (field->kind == MMS_KIND_STRUCT)
        return mms_fields_hash(field->text, strlen(field->text));
    return field->kind == MMS_KIND_HISTOGRAM ? mms_bits_of_double(field->number) : 0;
}

/* Can there be such a field in the writer's file? */
static int check(const struct mms_writer *writer, const struct mms_field *field, const struct mms_kind_row *row,
                 const void *handle)
{
    if (row == NULL || mms_field_label(field) == NULL || field->metric >= MMS_METRICS)
        return -EINVAL;
    if ((row->handle != MMS_HANDLE_NONE) != (handle != NULL))
        return -EINVAL;
    if (writer->version == 1 && (row->handle == MMS_HANDLE_RING || row->handle == MMS_HANDLE_HISTOGRAM))
        return -ENOTSUP;
    if (row->handle == MMS_HANDLE_TRANSACTION && strcmp(mms_field_label(field), MMS_LABEL_GENERATION) != 0) /* R515 */
        return -EINVAL;
    if (writer->output == MMS_OUTPUT_V1_PACKED && row->handle == MMS_HANDLE_TRANSACTION) /* it may not be aligned */
        return -ENOTSUP;
    return mms_shape_check(field);
}

/* Field and metadata, both or none. */
static int append(struct mms_writer *writer, struct mms_binding *binding, const struct mms_field *field,
                  struct mms_text label)
{
    const char *unit = field->unit;
    if (unit == NULL && field->kind == MMS_KIND_TIMER)
        unit = "seconds";
    char signature[MMS_SIGNATURE_SIZE];
    struct mms_record record = {.label = label};
    mms_shape_describe(writer, binding, field, signature, &record);

    size_t headers = 96; /* of both, with what aligns them, and a sequence */
    size_t bound = headers + label.size + record.signature.size + mms_shape_bytes(binding);
    if (writer->version == 2) {
        bound += mms_records_metadata_bound(label.size, unit, field->help);
        int error = label.size > MMS_LIMIT_LABEL ? -EMSGSIZE : mms_region_ensure(writer, writer->end + bound);
        if (error < 0)
            return error;
    }
    int error = mms_records_append(writer, &record);
    if (error < 0)
        return error;
    binding->values = writer->base + record.values;
    if (record.sequence != 0)
        binding->sequence = (uint64_t *)(void *)(writer->base + record.sequence);
    else if (binding->protocol == MMS_PROTOCOL_COUNTED)
        binding->sequence = writer->sequence;
    binding->label = record.offset + (writer->version == 1 ? 2 : 6);
    binding->label_size = label.size;
    return mms_records_append_metadata(writer, label, unit, field->help);
}

static bool same_static_text(const struct mms_binding *taken, const struct mms_field *field)
{
    char padded[MMS_LIMIT_STATIC_TEXT];
    pad_static_text(field, padded);
    return memcmp(taken->values, padded, sizeof padded) == 0;
}

/* A field that the instance's last thread added, and its next one adds again. */
static bool adopt(struct mms_binding *taken, const struct mms_binding *wanted, const struct mms_field *field,
                  void *handle)
{
    if (!taken->orphan || taken->kind != wanted->kind || taken->metric != wanted->metric ||
        taken->size != wanted->size || taken->form != wanted->form)
        return false;
    if (wanted->kind == MMS_KIND_STATIC_TEXT && !same_static_text(taken, field)) /* R516 */
        return false;
    taken->orphan = false;
    if (wanted->row->handle == MMS_HANDLE_NONE)
        set_static(taken, field);
    else
        mms_bind(taken, field, handle);
    return true;
}

/* binding comes with row, kind, metric, fixed and size. */
static int add_labelled(struct mms_writer *writer, struct mms_binding binding, const struct mms_field *field,
                        struct mms_text label, void *handle, const struct mms_binding **added)
{
    binding.hash = mms_fields_hash(label.data, label.size);
    struct mms_binding *taken = find_label(writer, label, binding.hash);
    if (taken != NULL) {
        if (!adopt(taken, &binding, field, handle))
            return -EEXIST;
        *added = taken;
        return 0;
    }
    mms_shape_set(&binding, field, writer);
    int error = make_room(writer);
    if (error == 0)
        error = make_state(&binding, field);
    if (error == 0)
        error = append(writer, &binding, field, label);
    if (error < 0) {
        free(binding.state.any);
        return error;
    }
    if (binding.row->handle == MMS_HANDLE_NONE)
        set_static(&binding, field);
    else if (handle != NULL) /* sys.lock has none */
        mms_bind(&binding, field, handle);
    if (writer->keeps_handles && binding.row->handle == MMS_HANDLE_TIMER)
        binding.timer = handle;
    writer->bindings[writer->count++] = binding;
    index_label(writer, writer->count - 1);
    *added = &writer->bindings[writer->count - 1];
    if (writer->version == 1)
        mms_records_publish(writer);
    return 0;
}

static int add_prefixed(struct mms_writer *writer, const struct mms_binding *binding, const struct mms_field *field,
                        const char *name, void *handle, const struct mms_binding **added)
{
    char *label = malloc(strlen(writer->prefix) + strlen(name) + 1);
    if (label == NULL)
        return -ENOMEM;
    const char *end = stpcpy(stpcpy(label, writer->prefix), name);
    int error = add_labelled(writer, *binding, field, (struct mms_text){label, (size_t)(end - label)}, handle, added);
    free(label);
    return error;
}

static const char *hint_of(int error)
{
    switch (error) {
    case -EINVAL:
        return "kind, metric kind, size, signature, label or handle is wrong";
    case -EEXIST:
        return "another field has this label";
    case -EMSGSIZE:
        return "the label is too long";
    case -ENOTSUP:
        return "the version of the file has no such kind of field";
    case -ENOSPC:
        return "the file has reached max_size, or the disk is full";
    case -EFBIG:
        return "raise the limit on the size of files, RLIMIT_FSIZE";
    default:
        return NULL;
    }
}

int mms_fields_add(struct mms_writer *writer, const struct mms_field *field, void *handle,
                   const struct mms_binding **added)
{
    const struct mms_kind_row *row = mms_kind_row(field->kind);
    const char *name = mms_field_label(field);
    *added = NULL;
    int error = check(writer, field, row, handle);
    if (error == 0) {
        struct mms_binding binding = {.row = row, .kind = field->kind, .size = field->size};
        binding.metric = metric_of(field, row);
        binding.fixed = row->handle == MMS_HANDLE_NONE;
        binding.form = form_of(field);
        error = add_prefixed(writer, &binding, field, name, handle, added);
    }
    if (error == 0)
        return 0;
    mms_fields_bind_private(writer, field, handle);
    return mms_writer_fail(writer, error, name != NULL ? name : "field", hint_of(error));
}

/* --- default fields (R510) ---------------------------------------------------------------------------------------- */

static const enum mms_kind sys_kinds[MMS_SYS_FIELDS] = {
    [MMS_SYS_PID] = MMS_KIND_STATIC_U32,
    [MMS_SYS_TID] = MMS_KIND_STATIC_I64,
    [MMS_SYS_UID] = MMS_KIND_STATIC_U64,
    [MMS_SYS_GID] = MMS_KIND_STATIC_U64,
    [MMS_SYS_CREATED] = MMS_KIND_STATIC_DOUBLE,
    [MMS_SYS_LOCK] = MMS_KIND_BOOL,
    [MMS_SYS_VERSION] = MMS_KIND_STATIC_TEXT,
};

/* R512: the very first record. */
static int add_sequence(struct mms_writer *writer)
{
    struct mms_field field = {.kind = MMS_KIND_STATIC_U64};
    struct mms_binding binding = {.row = mms_kind_row(field.kind), .kind = field.kind, .fixed = true};
    const struct mms_binding *added;
    int error = add_prefixed(writer, &binding, &field, MMS_LABEL_SEQUENCE, NULL, &added);
    if (error == 0)
        writer->sequence = (uint64_t *)(void *)added->values;
    return error;
}

int mms_fields_add_sys(struct mms_writer *writer)
{
    if (writer->version == 1 && (writer->flags & MMS_SEQUENCE)) {
        int error = add_sequence(writer);
        if (error < 0)
            return error;
    }
    for (int i = 0; i < MMS_SYS_FIELDS; i++) {
        const struct mms_sys_field *sys = mms_sys_field_of((enum mms_sys)i);
        struct mms_field field = {.kind = sys_kinds[i], .text = MMS_VERSION};
        struct mms_binding binding = {.row = mms_kind_row(field.kind), .kind = field.kind, .fixed = true};
        binding.metric = (uint8_t)sys->metric;
        const struct mms_binding *added;
        int error = add_prefixed(writer, &binding, &field, sys->label, NULL, &added);
        if (error < 0)
            return error;
        writer->sys[i] = *added;
    }
    return 0;
}

void mms_fields_set_tid(struct mms_writer *writer)
{
    mms_binding_store(&writer->sys[MMS_SYS_TID], (uint64_t)gettid());
}

void mms_fields_set_sys(struct mms_writer *writer, bool locked)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    double created = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    mms_binding_store(&writer->sys[MMS_SYS_PID], (uint64_t)getpid());
    mms_binding_store(&writer->sys[MMS_SYS_UID], getuid());
    mms_binding_store(&writer->sys[MMS_SYS_GID], getgid());
    mms_binding_store(&writer->sys[MMS_SYS_CREATED], mms_bits_of_double(created));
    mms_binding_store(&writer->sys[MMS_SYS_LOCK], locked);
    mms_fields_set_tid(writer);
}
