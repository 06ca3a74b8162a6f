// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/difference.h"
#include "apply/name_set.h"
#include "apply/prune.h"
#include "apply/wanted_device.h"
#include "netlink/window.h"

enum {
	UNDER_WAY = 64,		/* requests at a time */
	TAKEN_MS = 10000,	/* how long a name may be that of a device that is yet to come */
	TAKEN_LOOK_MS = 50,
};

struct apply {
	struct vdpa *vdpa;
	const struct names *paths;
	const struct apply_scope *scope;
	struct window *window;		/* of struct wanted_device */
	struct name_set named;
	bool unreachable;		/* the kernel: what is left of the files is only read */
	enum status worst;
};

/* --- what is told --- */

/* Errors since the fault numbered @since are about @wanted. */
static void judge(struct apply *apply, const struct wanted_device *wanted, size_t since, enum status status)
{
	struct vdpa *vdpa = apply->vdpa;

	error_place(vdpa, since, wanted->place);
	faults_tell(vdpa);
	if (status > apply->worst)
		apply->worst = status;
}

/* Between the two, errors are about a device of a file. */
static void begin_subject(struct vdpa *vdpa, const struct wanted_device *wanted)
{
	vdpa->dev = wanted->add.name;
	vdpa->mgmtdev = wanted->add.mgmtdev.text;
}

static void end_subject(struct vdpa *vdpa)
{
	vdpa->dev = vdpa->mgmtdev = NULL;
}

/* @settings: bits of ADD_ */
static void tell_done(struct vdpa *vdpa, const struct dev_add *add, const char *action, uint32_t settings)
{
	static const int order[] = { ADD_FEATURES, ADD_MAC, ADD_MTU, ADD_MAX_VQP };
	struct output *out = &vdpa->out;

	out_entry(out, add->name, strlen(add->name));
	out_bare(out);
	out_text(out, "action", action);
	if (settings >> ADD_MGMTDEV & 1)
		out_text(out, "mgmtdev", add->mgmtdev.text);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (settings >> order[i] & 1)
			setting_write(out, add, order[i]);
	if (settings >> ADD_DRIVER & 1)
		out_text(out, "driver", add->driver);
	out_entry_end(out);
	if (options.watch)
		fflush(out->file);
}

/* --- a device that is there --- */

static enum status compare(struct vdpa *vdpa, const struct dev_add *add, const struct present_device *present)
{
	uint32_t changes;
	enum status status = difference_find(vdpa, add, present, &changes);

	if (status == STATUS_DONE && changes && !options.dry_run)
		status = difference_change(vdpa, add, changes);
	if (status == STATUS_DONE && changes)
		tell_done(vdpa, add, "change", changes);
	return status;
}

/* Creates a device, and waits for it. Returns 0 or -1 with @err. */
static int create_alone(struct vdpa *vdpa, const struct dev_add *add, struct nl_error *err)
{
	dev_add_put(nl_request(&vdpa->nl, VDPA_CMD_DEV_NEW, 0), add);
	return nl_exchange(&vdpa->nl, NULL, NULL, NULL, err);
}

/*
 * The name is taken, so there is a device to look at. If there is none yet, another client is creating it at this moment, or it
 * is being deleted: no event tells of a name that becomes free again, so it is tried again.
 */
static enum status meet(struct vdpa *vdpa, const struct dev_add *add)
{
	struct nl_error taken = { .errnum = EEXIST }, err = { 0 };
	struct present_device present;
	enum status status;

	for (int ms = 0; ms < TAKEN_MS && taken.errnum == EEXIST; ms += TAKEN_LOOK_MS) {
		if (present_device_read(&vdpa->nl, add->name, &present, &err) == 0) {
			status = compare(vdpa, add, &present);
			present_device_free(&present);
			return status;
		}
		if (err.errnum != ENODEV)
			return error_refused(vdpa, vdpa->dev, &err);
		poll(NULL, 0, ms ? TAKEN_LOOK_MS : 0);
		if (create_alone(vdpa, add, &taken) == 0) {
			tell_done(vdpa, add, "create", add->given);
			return STATUS_DONE;
		}
	}
	return error_change(vdpa, &taken);
}

/* --- a device that there should be --- */

static enum status refuse(struct vdpa *vdpa, const struct dev_add *add, const struct nl_error *err)
{
	struct nl_error explained = *err;

	dev_add_explain(add, &explained);
	return error_change(vdpa, &explained);
}

static void created(void *data, void *item, const struct nl_error *err)
{
	struct wanted_device *wanted = item;
	struct apply *apply = data;
	struct vdpa *vdpa = apply->vdpa;
	size_t since = vdpa->faults.count;
	enum status status = STATUS_DONE;

	begin_subject(vdpa, wanted);
	if (!err)
		tell_done(vdpa, &wanted->add, "create", wanted->add.given);
	else if (err->errnum == EEXIST)
		status = meet(vdpa, &wanted->add);
	else
		status = refuse(vdpa, &wanted->add, err);
	judge(apply, wanted, since, status);
	end_subject(vdpa);
	wanted_device_free(wanted);
}

/* What would come of it: nothing is sent but questions. */
static enum status foresee(struct vdpa *vdpa, const struct dev_add *add)
{
	struct present_device present;
	struct nl_error err = { 0 };
	enum status status;

	if (present_device_read(&vdpa->nl, add->name, &present, &err) == 0) {
		status = compare(vdpa, add, &present);
		present_device_free(&present);
		return status;
	}
	if (err.errnum != ENODEV)
		return error_refused(vdpa, vdpa->dev, &err);
	args_put_mgmtdev(nl_request(&vdpa->nl, VDPA_CMD_MGMTDEV_GET, 0), &add->mgmtdev);
	if (nl_exchange(&vdpa->nl, NULL, NULL, NULL, &err) < 0)
		return error_change(vdpa, &err);
	tell_done(vdpa, add, "create", add->given);
	return STATUS_DONE;
}

/* Returns whether it is under way, and freed when it is done. */
static bool submit(struct apply *apply, struct wanted_device *wanted)
{
	struct nl_error err = { 0 };
	struct vdpa *vdpa = apply->vdpa;
	struct nlmsghdr *nlh = window_request(apply->window, &vdpa->nl, VDPA_CMD_DEV_NEW, &err);
	size_t since = vdpa->faults.count;

	if (!nlh) {
		begin_subject(vdpa, wanted);
		error_refused(vdpa, vdpa->dev, &err);
		judge(apply, wanted, since, STATUS_REFUSED);
		end_subject(vdpa);
		return false;
	}
	dev_add_put(nlh, &wanted->add);
	window_send(apply->window, wanted);
	return true;
}

/* Not before there is something to send; said once. */
static bool reach(struct apply *apply)
{
	enum status status = apply->unreachable ? STATUS_DONE : command_connect(apply->vdpa);

	if (status == STATUS_DONE)
		return !apply->unreachable;
	apply->unreachable = true;
	apply->worst = status;
	faults_tell(apply->vdpa);
	return false;
}

/* Returns whether it is under way. */
static bool begin_device(struct apply *apply, struct wanted_device *wanted)
{
	struct vdpa *vdpa = apply->vdpa;
	size_t since = vdpa->faults.count;
	enum status status;

	begin_subject(vdpa, wanted);
	status = dev_add_prepare(vdpa, &wanted->add);
	if (status == STATUS_DONE && options.dry_run)
		status = foresee(vdpa, &wanted->add);
	judge(apply, wanted, since, status);
	end_subject(vdpa);
	return status == STATUS_DONE && !options.dry_run && submit(apply, wanted);
}

/* --- names --- */

/* Where a name was seen first. */
struct first {
	const char *name;
	char *place;
};

static void look_for_first(void *data, const struct wanted_text *text)
{
	struct first *first = data;

	if (!first->place && strcmp(first->name, text->name) == 0)
		first->place = wanted_place(text->file, text->line);
}

/* A name that was seen already: the files are read once more to say where. */
static void refuse_twice(struct apply *apply, const struct wanted_text *text)
{
	struct vdpa quiet = { 0 }, *vdpa = apply->vdpa;
	struct first first = { .name = text->name };
	char *place = wanted_place(text->file, text->line);
	struct nl_error err = { 0 };
	size_t since = vdpa->faults.count;

	wanted_files_read(&quiet, apply->paths, look_for_first, &first);
	faults_free(&quiet.faults);
	nl_fail(&err, EEXIST, "is named twice, the first time in %s, which counts", first.place ? first.place : text->file);
	vdpa->dev = text->name;
	error_file(vdpa, place, &err);
	error_place(vdpa, since, place);
	vdpa->dev = NULL;
	faults_tell(vdpa);
	if (apply->worst < STATUS_USAGE)
		apply->worst = STATUS_USAGE;
	free(first.place);
	free(place);
}

static bool is_in_scope(const struct apply_scope *scope, const char *mgmtdev)
{
	if (!scope)
		return true;
	for (size_t i = 0; i < scope->count; i++)
		if (strcmp(scope->names[i], mgmtdev) == 0)
			return true;
	return false;
}

static void take(void *data, const struct wanted_text *text)
{
	struct apply *apply = data;
	struct wanted_device *wanted;

	if (!name_set_add(&apply->named, text->name, strlen(text->name))) {
		refuse_twice(apply, text);
		return;
	}
	wanted = wanted_device_read(apply->vdpa, text);
	if (!wanted && apply->worst < STATUS_USAGE)
		apply->worst = STATUS_USAGE;
	faults_tell(apply->vdpa);
	if (!wanted)
		return;
	if (!is_in_scope(apply->scope, wanted->add.mgmtdev.text) || !reach(apply) || !begin_device(apply, wanted))
		wanted_device_free(wanted);
}

/* --- the pass --- */

enum status apply_pass(struct vdpa *vdpa, const struct names *paths, const struct apply_scope *scope, bool prune)
{
	struct apply apply = { .vdpa = vdpa, .paths = paths, .scope = scope };
	enum status status;

	apply.window = window_new(UNDER_WAY, created, &apply);
	out_begin(&vdpa->out, "apply");
	status = wanted_files_read(vdpa, paths, take, &apply);
	window_wait(apply.window);
	/* Who does not know all names does not know which are missing. */
	if (prune && status == STATUS_DONE)
		status = prune_unnamed(vdpa, &apply.named);
	else if (prune)
		error_note(vdpa, "nothing is deleted, because a file could not be read to its end", NULL, NULL);
	out_end(&vdpa->out, true);
	faults_tell(vdpa);
	window_free(apply.window);
	name_set_free(&apply.named);
	return status > apply.worst ? status : apply.worst;
}

/* --- the command --- */

const struct argument apply_arguments[] = {
	{
		.word.name = "FILE", .positional = true, .repeats = true, .unlimited = true, .type = &type_file,
		.text = "what there should be: files, directories of files *.json; default: " APPLY_DIRECTORY,
		.offset = offsetof(struct apply_values, paths),
	},
	{ .word.name = NULL }
};

/* What is read again and again is no stream. */
static enum status check(struct vdpa *vdpa, const struct names *paths)
{
	int streams = 0;

	for (int i = 0; i < paths->count; i++)
		streams += strcmp(paths->words[i], "-") == 0;
	if (streams > 1)
		return error_usage(vdpa, "file \"-\" is given twice");
	if (streams && options.watch)
		return error_usage(vdpa, "standard input cannot be read again: -watch needs a file");
	if (options.watch && options.dry_run)
		return error_usage(vdpa, "either -watch or -dry-run, not both");
	return STATUS_DONE;
}

enum status apply(struct vdpa *vdpa, const void *values)
{
	static char *standard[] = { (char *)APPLY_DIRECTORY };
	const struct apply_values *given = values;
	const struct names paths = given->paths.count ? given->paths : (struct names){ .count = 1, .words = standard };
	enum status status = check(vdpa, &paths);

	if (status == STATUS_DONE && options.prune) {
		/* One that waits for whoever runs a virtual machine would wait for ever. */
		status = command_connect(vdpa);
		if (status == STATUS_DONE)
			status = dev_check_known(vdpa, VDPA_CMD_DEV_SUSPEND, "nowait");
	}
	if (status != STATUS_DONE)
		return status;
	return options.watch ? apply_watch(vdpa, &paths) : apply_pass(vdpa, &paths, NULL, options.prune);
}
