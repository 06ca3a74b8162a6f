// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev state load */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "device/dev.h"
#include "migration/save.h"
#include "migration/document.h"
#include "migration/migration.h"
#include "migration/policy.h"
#include "output/text.h"
#include "migration/saved_state.h"

struct load {
	char *device;
	const char *file;		/* with its state alone; NULL: all states are in one */
	char *source;			/* the device that the state is of; NULL: it does not say */
	bool staged;			/* rounds of it have been sent */
	struct saved_state state;
};

/* Where states go. */
struct sink {
	struct vdpa *vdpa;
	const struct policy *policy;
	struct nl rounds;		/* once there are any: they are forgotten with this socket */
};

/* --- the policy --- */

/* Applies it to the description, which the kernel is then asked about, as it would be to one from "migration show". */
static enum status waive(struct vdpa *vdpa, struct load *load, const struct policy *policy, const struct subject *target)
{
	struct description *source = &load->state.description;
	const struct description *description;
	struct waivers waivers = { .count = 0 };
	struct nl_error err = { 0 };
	enum status status;

	if (subject_describe(target, source->class, &description, &err) < 0)
		return error_refused(vdpa, load->device, &err);
	status = policy_apply(policy, source, description, &waivers);
	/* Once, and not for each round. */
	if (status == STATUS_DONE && !load->staged)
		policy_note(vdpa, load->device, &waivers);
	free(waivers.list);
	return status;
}

/* What a target is like is asked only where there is something that could be waived. */
static enum status waive_one(struct vdpa *vdpa, struct load *load, const struct policy *policy)
{
	const struct target target = { .device = load->device };
	struct nl_error err = { 0 };
	struct subject subject;
	enum status status;

	if (!policy_concerns(policy, &load->state.description))
		return STATUS_DONE;
	if (migration_get(vdpa, &target, &subject, &err) < 0)
		return error_refused(vdpa, load->device, &err);
	status = waive(vdpa, load, policy, &subject);
	subject_free(&subject);
	return status;
}

static enum status waive_all(const struct sink *sink, struct load *loads, int count)
{
	enum status status = STATUS_DONE;

	for (int i = 0; status == STATUS_DONE && i < count; i++)
		status = waive_one(sink->vdpa, &loads[i], sink->policy);
	return status;
}

/* --- the files --- */

/* A file whose documents are taken as they come. */
struct source_file {
	struct sink *sink;
	const char *name;
	struct document_stream stream;
};

static enum status bad_file(const struct source_file *file, int errnum, const char *why)
{
	struct nl_error err = { 0 };

	nl_fail(&err, errnum, "%s", why);
	return error_file(file->sink->vdpa, file->name, &err);
}

/* The rounds of a state, and what comes after them, are of one device. */
static enum status take_source(const struct source_file *file, struct load *load)
{
	char *name = load->state.device;
	bool other = load->staged && (!name || !load->source || strcmp(name, load->source) != 0);

	free(load->source);
	load->source = name;
	load->state.device = NULL;
	return other ? bad_file(file, EINVAL, "has a round of one device, and then something of another") : STATUS_DONE;
}

/* Takes what the next document has. */
static enum status take_document(struct source_file *file, struct load *load)
{
	struct nl_error err = { 0 };
	json_t *root = document_stream_next(&file->stream, DOCUMENT_STATE_MAX, &err);
	enum status status;

	if (!root && err.errnum)
		return error_file(file->sink->vdpa, file->name, &err);
	if (!root)
		return bad_file(file, EINVAL, load->staged ? "ends before what comes after the rounds" :
							     "has fewer states than devices are named");
	if (saved_state_parse(root, &load->state, &err) < 0)
		status = error_file(file->sink->vdpa, file->name, &err);
	else
		status = take_source(file, load);
	json_decref(root);
	return status;
}

/* It lies beside the device from now on, which does not change. */
static enum status stage(struct source_file *file, struct load *load)
{
	enum status status = command_connect(file->sink->vdpa);
	struct nl *nl = &file->sink->rounds;
	struct nl_error err = { 0 };

	if (status == STATUS_DONE)
		status = waive_one(file->sink->vdpa, load, file->sink->policy);
	if (status != STATUS_DONE)
		return status;
	if (!nl->socket && nl_open_like(nl, &file->sink->vdpa->nl, &err) < 0)
		return error_refused(file->sink->vdpa, NULL, &err);
	load->staged = true;
	if (saved_state_send(nl, load->device, &load->state, true, &err) < 0)
		return error_refused(file->sink->vdpa, load->device, &err);
	return STATUS_DONE;
}

/* Rounds are sent as they come; the state itself is kept. */
static enum status take_state(struct source_file *file, struct load *load)
{
	enum status status;

	for (;;) {
		status = take_document(file, load);
		if (status != STATUS_DONE || load->state.part != SAVED_STATE_ROUND)
			break;
		status = stage(file, load);
		saved_state_free(&load->state);
		if (status != STATUS_DONE)
			return status;
	}
	if (status == STATUS_DONE && load->staged != (load->state.part == SAVED_STATE_REST))
		status = bad_file(file, EINVAL, load->staged ? "has a whole state after rounds" :
							       "lacks the rounds before its state");
	return status;
}

static enum status take_states(struct source_file *file, struct load *loads, int count)
{
	enum status status = STATUS_DONE;
	struct nl_error err = { 0 };
	json_t *more;

	for (int i = 0; status == STATUS_DONE && i < count; i++)
		status = take_state(file, &loads[i]);
	if (status != STATUS_DONE)
		return status;
	more = document_stream_next(&file->stream, DOCUMENT_STATE_MAX, &err);
	json_decref(more);
	if (more)
		return bad_file(file, EINVAL, "has more states than devices are named");
	return err.errnum ? error_file(file->sink->vdpa, file->name, &err) : STATUS_DONE;
}

static bool is_source(const struct load *loads, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (loads[i].source && strcmp(loads[i].source, name) == 0)
			return true;
	return false;
}

/*
 * Where the order alone says whose state goes where, and the states are of devices of these very names, it is wrong:
 * equal devices would take each other's without a complaint.
 */
static int check_order(const struct load *loads, int count, struct nl_error *err)
{
	const struct load *wrong = NULL;

	for (int i = 0; i < count; i++) {
		if (!is_source(loads, count, loads[i].device))
			return 0;
		if (!wrong && loads[i].source && strcmp(loads[i].source, loads[i].device) != 0)
			wrong = &loads[i];
	}
	if (!wrong)
		return 0;
	return nl_fail(err, EINVAL, "has the states in another order: %.63s would get that of %.63s; name the devices "
		       "in the order of the file, or as DEV=FILE", wrong->device, wrong->source);
}

static enum status read_states(struct sink *sink, const char *name, struct load *loads, int count, bool ordered)
{
	struct source_file file = { .sink = sink, .name = name };
	struct nl_error err = { 0 };
	enum status status;

	if (document_stream_open(name, SIZE_MAX, &file.stream, &err) < 0)
		return error_file(sink->vdpa, name, &err);
	status = take_states(&file, loads, count);
	document_stream_close(&file.stream);
	if (status == STATUS_DONE && ordered && check_order(loads, count, &err) < 0)
		status = error_file(sink->vdpa, name, &err);
	return status;
}

static enum status read_all_states(struct sink *sink, const char *file, struct load *loads, int count)
{
	enum status status = STATUS_DONE;

	/* The states stand in the file in the order in which the devices are named. */
	if (!loads[0].file)
		return read_states(sink, file, loads, count, true);
	for (int i = 0; status == STATUS_DONE && i < count; i++)
		status = read_states(sink, loads[i].file, &loads[i], 1, false);
	return status;
}

/* --- the command --- */

/* What it is depends on the others. */
static const char *arg_word(const char *text, void *value)
{
	*(const char **)value = text;
	return *text ? NULL : "is empty";
}

static const struct arg_type type_device_or_pair = { .name = "DEV[=FILE]", .what = "device", .take = arg_word };

const struct argument load_arguments[] = {
	{
		.word.name = "DEV[=FILE]", .positional = true, .required = true, .repeats = true,
		.type = &type_device_or_pair,
		.text = "the device, or several, each with its own file or none", .offset = offsetof(struct load_values, devices),
	},
	{
		.word = { .name = "file", .full = true }, .type = &type_file,
		.text = "the file with the states of all; default: standard input",
		.offset = offsetof(struct load_values, file),
	},
	ARGUMENT_POLICY(struct load_values, policy),
	{ .word.name = NULL }
};

static void put_group(struct nlmsghdr *nlh, const struct load *loads, int count)
{
	struct nlattr *group = mnl_attr_nest_start(nlh, VDPA_ATTR_DEV_GROUP);

	for (int i = 0; i < count; i++)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, loads[i].device);
	mnl_attr_nest_end(nlh, group);
}

/* The kernel would name the first device that does not fit, and here each does. */
static enum status ask_all(struct vdpa *vdpa, const struct load *loads, int count)
{
	enum status status = STATUS_DONE;

	for (int i = 0; i < count; i++) {
		const struct target target = { .device = loads[i].device };
		struct nl_error err = { 0 };

		if (migration_ask(vdpa, &target, &loads[i].state.description, &err) != VERDICT_FIT)
			status = error_refused(vdpa, loads[i].device, &err);
	}
	return status;
}

static enum status load_one(struct vdpa *vdpa, struct nl *nl, const struct load *load)
{
	struct nl_error err = { 0 };

	if (saved_state_send(nl, load->device, &load->state, true, &err) == 0)
		return STATUS_DONE;
	return error_refused(vdpa, load->device, &err);
}

/* All of them or none: the kernel gets all states before it is asked to load the first. */
static enum status load_all(struct sink *sink, const struct load *loads, int count)
{
	struct nl *nl = sink->rounds.socket ? &sink->rounds : &sink->vdpa->nl;
	struct nl_error err = { 0 };
	enum status status;

	if (count == 1)
		return load_one(sink->vdpa, nl, loads);
	if (!nl_knows(nl, VDPA_CMD_DEV_STATE_LOAD)) {
		nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core cannot load several devices, all or none "
			"(needs the vdpa.ko that comes with this command)");
		return error_refused(sink->vdpa, NULL, &err);
	}
	status = ask_all(sink->vdpa, loads, count);
	if (status != STATUS_DONE)
		return status;
	for (int i = 0; i < count; i++)
		if (saved_state_send(nl, loads[i].device, &loads[i].state, false, &err) < 0)
			return error_refused(sink->vdpa, loads[i].device, &err);
	put_group(nl_request(nl, VDPA_CMD_DEV_STATE_LOAD, 0), loads, count);
	return nl_exchange(nl, NULL, NULL, NULL, &err) == 0 ? STATUS_DONE : error_refused(sink->vdpa, NULL, &err);
}

/* --- devices by name, or DEV=FILE --- */

/* @pairs: each is DEV=FILE. A FILE may have a '=' in it, which a device in this form has not. */
static enum status split(struct vdpa *vdpa, struct load *load, const char *word, bool pairs)
{
	const char *equals = pairs ? strchr(word, '=') : NULL;
	const char *reason;

	if (pairs && !equals)
		return error_usage(vdpa, "\"%s\" is not DEV=FILE, as the others are", word);
	load->device = equals ? strndup(word, equals - word) : strdup(word);
	if (!load->device)
		error_no_memory();
	text_decode(load->device);
	if (!equals)
		return STATUS_DONE;
	reason = arg_file(equals + 1, &load->file);
	return reason ? error_usage(vdpa, "file \"%s\" %s", equals + 1, reason) : STATUS_DONE;
}

static bool has_pairs(int count, char **words)
{
	for (int i = 0; i < count; i++)
		if (strchr(words[i], '='))
			return true;
	return false;
}

/* What is in front of a '=' can only now be looked at. */
static enum status check_devices(struct vdpa *vdpa, const struct load *loads, int count)
{
	bool input = false;

	for (int i = 0; i < count; i++) {
		const char *name, *reason = arg_device(loads[i].device, &name);

		if (reason)
			return error_usage(vdpa, "device \"%s\" %s", loads[i].device, reason);
		for (int j = 0; j < i; j++)
			if (strcmp(loads[i].device, loads[j].device) == 0)
				return error_usage(vdpa, "device \"%s\" is given twice", loads[i].device);
		if (!loads[i].file || strcmp(loads[i].file, "-") != 0)
			continue;
		if (input)
			return error_usage(vdpa, "only one of the files can be standard input");
		input = true;
	}
	return STATUS_DONE;
}

static enum status take_devices(struct vdpa *vdpa, struct load *loads, int count, char **words, bool pairs)
{
	enum status status = STATUS_DONE;

	for (int i = 0; status == STATUS_DONE && i < count; i++)
		status = split(vdpa, &loads[i], words[i], pairs);
	return status == STATUS_DONE ? check_devices(vdpa, loads, count) : status;
}

static enum status load_devices(struct vdpa *vdpa, struct load *loads, int count, char **words,
				const struct load_values *arguments, struct policy *policy)
{
	const char *file = arguments->file;
	bool pairs = !file && has_pairs(count, words);
	enum status status = take_devices(vdpa, loads, count, words, pairs);
	struct sink sink = { .vdpa = vdpa, .policy = policy };

	if (status == STATUS_DONE && !pairs && !file && options.batch)
		status = error_usage(vdpa, "in a batch, a file has to be named");
	if (status == STATUS_DONE)
		status = policy_read(vdpa, arguments->policy, policy);
	if (status == STATUS_DONE)
		status = read_all_states(&sink, file ? file : "-", loads, count);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status == STATUS_DONE)
		status = waive_all(&sink, loads, count);
	if (status == STATUS_DONE)
		status = load_all(&sink, loads, count);
	nl_close(&sink.rounds);
	return status;
}

static void loads_free(struct load *loads, int count)
{
	for (int i = 0; i < count; i++) {
		saved_state_free(&loads[i].state);
		free(loads[i].device);
		free(loads[i].source);
	}
	free(loads);
}

enum status dev_state_load(struct vdpa *vdpa, const void *values)
{
	const struct load_values *arguments = values;
	int count = arguments->devices.count;
	struct load *loads = calloc(count, sizeof(*loads));
	struct policy policy = { 0 };
	enum status status;

	if (!loads)
		error_no_memory();
	status = load_devices(vdpa, loads, count, arguments->devices.words, arguments, &policy);
	loads_free(loads, count);
	policy_free(&policy);
	return status;
}
