// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev state load */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <linux/vdpa.h>

#include "args.h"
#include "dev.h"
#include "document.h"
#include "error.h"
#include "migration.h"
#include "parallel.h"
#include "saved_state.h"

/* --- one device, in a thread of its own --- */

struct load {
	struct parallel parallel;
	struct saved_state state;
};

static int load_one(struct nl *nl, void *data)
{
	struct load *load = data;

	return saved_state_send(nl, load->parallel.device, &load->state, &load->parallel.err);
}

/* --- the file --- */

static int take_document(struct document_text *text, struct saved_state *state, struct nl_error *err)
{
	json_t *root = document_next(text, err);
	int failed;

	if (!root)
		return err->errnum ? -1 : nl_fail(err, EINVAL, "has fewer states than devices are named");
	failed = saved_state_parse(root, state, err);
	json_decref(root);
	return failed;
}

static int take_documents(struct document_text *text, struct load *loads, int count,
			  struct nl_error *err)
{
	json_t *more;

	for (int i = 0; i < count; i++)
		if (take_document(text, &loads[i].state, err) < 0)
			return -1;
	more = document_next(text, err);
	json_decref(more);
	if (more)
		return nl_fail(err, EINVAL, "has more states than devices are named");
	return err->errnum ? -1 : 0;
}

/* The states stand in the file in the order in which the devices are named. */
static enum status read_states(const char *file, struct load *loads, int count)
{
	struct document_text text;
	struct nl_error err = { 0 };
	int failed;

	if (document_read(file, count, DOCUMENT_STATE_MAX, &text, &err) < 0)
		return error_file(file, &err);
	failed = take_documents(&text, loads, count, &err);
	document_text_free(&text);
	return failed ? error_file(file, &err) : STATUS_DONE;
}

/* --- the command --- */

struct arguments {
	const char *file;
};

static const struct keyword keywords[] = {
	{
		.word = { .name = "file", .full = true },
		.check = arg_file, .offset = offsetof(struct arguments, file),
	},
	{ .word.name = NULL }
};

/* Of several devices none is to be changed because one does not fit: they are all asked about first. */
static enum status ask_all(struct vdpa *vdpa, const struct load *loads, int count)
{
	enum status status = STATUS_DONE;

	for (int i = 0; count > 1 && i < count; i++) {
		const char *device = loads[i].parallel.device;
		const struct target target = { .device = device };
		struct nl_error err = { 0 };

		if (migration_ask(vdpa, &target, &loads[i].state.description, &err) != VERDICT_FIT)
			status = error_refused(device, &err);
	}
	return status;
}

static enum status load_all(struct vdpa *vdpa, struct load *loads, int count)
{
	enum status status = ask_all(vdpa, loads, count);

	if (status != STATUS_DONE)
		return status;
	parallel(&vdpa->nl, loads, count, sizeof(*loads), load_one);
	for (int i = 0; i < count; i++)
		if (!loads[i].parallel.done)
			status = error_refused(loads[i].parallel.device, &loads[i].parallel.err);
	return status;
}

enum status dev_state_load(struct vdpa *vdpa, int argc, char **argv)
{
	int count = args_count_names(argc, argv, keywords);
	struct arguments arguments = { .file = "-" };
	struct load *loads;
	enum status status;
	uint32_t given;

	status = args_names(vdpa, count, argv);
	if (status == STATUS_DONE)
		status = args_keywords(vdpa, keywords, argc - count, argv + count, &arguments,
				       &given);
	if (status == STATUS_DONE)
		status = args_own_file(vdpa, arguments.file);
	if (status != STATUS_DONE)
		return status;

	loads = calloc(count, sizeof(*loads));
	if (!loads)
		error_no_memory();
	for (int i = 0; i < count; i++)
		loads[i].parallel.device = argv[i];
	status = read_states(arguments.file, loads, count);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status == STATUS_DONE)
		status = load_all(vdpa, loads, count);
	for (int i = 0; i < count; i++)
		saved_state_free(&loads[i].state);
	free(loads);
	return status;
}
