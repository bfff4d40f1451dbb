/* SPDX-License-Identifier: MIT
 *
 * writer_fuzz - sequences of operations on a writer, and on a simple model of it in memory.
 *
 * Input: a byte for the format of the file, one for its options, then operations (the table at the end): add fields
 * before and after the file is made, update, remove, close and take up again.
 * Oracles: each operation returns what the model says; the file is well-formed after every check, has the model's
 * fields, no others, with the model's values, none of them busy; what failed leaves no trace in the file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/writer_model.h"

enum { OPERATIONS = 64 };

static struct mms_options options_of(const struct model *model)
{
    return (struct mms_options){
        .size = sizeof(struct mms_options),
        .directory = fuzz_directory(),
        .files = fuzz_name(),
        .prefix = model->options & 1 ? "p." : NULL,
        .output = model->output,
        .flags = MMS_KEEP | MMS_RESUME | (model->sequence ? MMS_SEQUENCE : 0U),
        .reserve = model->options & 2 ? 4096 : 0,
        .max_size = model->options & 4 ? 8192 : 0,
    };
}

static void begin(struct model *model)
{
    struct mms_options options = options_of(model);
    require(mms_writer_new(&options, &model->writer) == 0);
    model->opened = model->grown = false;
}

/* --- operations --------------------------------------------------------------------------------------------------- */

static void add_field(struct model *model, struct field *field)
{
    struct mms_field description;
    model_describe(field, &description);
    bool has_handle = field->kind < MMS_KIND_STATIC_FLOAT;
    field->result = mms_writer_add(model->writer, &description, has_handle ? &field->handle : NULL);
}

static void add(struct model *model, struct fuzz_input *in)
{
    if (model->count == FIELDS)
        return;
    struct field *field = &model->fields[model->count];
    model_choose(model, field, in);
    int expected = model_expects(model, field);
    add_field(model, field);
    bool full = (model->options & 4) && field->result == -ENOSPC;
    bool gone = model->removed && field->result == -ENOENT; /* matters where it has to grow */
    require(field->result == expected || (expected == 0 && (full || gone)));
    model->count++;
    model->grown |= model->opened && field->result == 0;
}

/* A file that was removed is made again. */
static void open_file(struct model *model, struct fuzz_input *in)
{
    (void)in;
    int result = mms_writer_open(model->writer);
    require(result == (model->opened && !model->removed ? -EALREADY : 0));
    model->opened = true;
    model->removed = false;
    require(strcmp(mms_writer_path(model->writer), fuzz_path()) == 0);
}

static void update(struct model *model, struct fuzz_input *in)
{
    if (model->count == 0)
        return;
    model_update(&model->fields[fuzz_u8(in) % model->count], in);
}

/* The file goes; handles stay. */
static void remove_it(struct model *model, struct fuzz_input *in)
{
    (void)in;
    require(mms_writer_remove(model->writer) == 0 && mms_writer_path(model->writer) == NULL);
    require(access(fuzz_path(), F_OK) < 0);
    model->removed |= model->opened;
}

/* A dead writer's file, taken up by one with the same fields, or made anew by one that has fewer. What is left out is
 * what the file has not. A file that grew is laid out in another way than one that was made at once,
 * but not always. */
static void resume(struct model *model, struct fuzz_input *in)
{
    bool same = fuzz_u8(in) & 1;
    if (!model->opened || model->removed || model->grown)
        return;
    mms_writer_close(model->writer);
    size_t kept = 0;
    for (size_t i = 0; i < model->count; i++)
        if (model->fields[i].result == 0)
            model->fields[kept++] = model->fields[i];
    same |= kept == 0;
    model->count = same ? kept : kept - 1;
    begin(model);
    for (size_t i = 0; i < model->count; i++) {
        add_field(model, &model->fields[i]);
        require(model->fields[i].result == 0);
        model_resume(&model->fields[i], same);
    }
    open_file(model, NULL);
}

/* --- the file, as the reader sees it ------------------------------------------------------------------------------ */

static void check_field(const struct model *model, struct mms_reader *reader, const struct field *field)
{
    struct mms_stat stat;
    char label[LABEL_SIZE + 2];
    model_label(model, field, label);
    int64_t number = mms_reader_find(reader, label, strlen(label), 0);
    if (field->kind == MMS_KIND_TRANSACTION && model->output == MMS_OUTPUT_V2) {
        require(number == -ENOENT);
        return;
    }
    require(number >= 0 && mms_reader_get(reader, (size_t)number, &stat) == 0 && stat.status != MMS_BUSY);
    model_require(model, field, &stat);
}

static void check(struct model *model, struct fuzz_input *in)
{
    struct mms_reader_options options = {.size = sizeof options};
    struct mms_reader *reader;
    size_t errors, count = MMS_SYS_FIELDS + model->sequence;
    options.mode = in != NULL && (fuzz_u8(in) & 1) ? MMS_READ_LIVE : MMS_READ_COPY;
    if (!model->opened || model->removed)
        return;
    require(mms_reader_open(fuzz_path(), &options, &reader, NULL) == 0);
    require(mms_reader_diag(reader, NULL, &errors) == 0 && errors == 0);
    for (size_t i = 0; i < model->count; i++)
        if (model->fields[i].result == 0) {
            check_field(model, reader, &model->fields[i]);
            count += model->fields[i].kind != MMS_KIND_TRANSACTION || model->output != MMS_OUTPUT_V2;
        }
    require(mms_reader_count(reader) == count && mms_reader_liveness(reader) == MMS_LIVE);
    mms_reader_close(reader);
}

static void (*const operations[])(struct model *, struct fuzz_input *) = {
    add, add, update, update, update, check, open_file, resume, remove_it,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    struct fuzz_input in = {data, size};
    unlink(fuzz_path());
    model = (struct model){.output = (enum mms_output)(fuzz_u8(&in) % 4)};
    if (model.output > MMS_OUTPUT_V1_PACKED) { /* a fourth format, so to speak */
        model.output = MMS_OUTPUT_V1;
        model.sequence = true;
    }
    model.options = fuzz_u8(&in);
    begin(&model);
    for (int i = 0; i < OPERATIONS && in.left > 0; i++)
        operations[fuzz_u8(&in) % (sizeof operations / sizeof *operations)](&model, &in);
    if (!model.opened)
        open_file(&model, NULL);
    check(&model, NULL);
    mms_writer_close(model.writer);
    return 0;
}
