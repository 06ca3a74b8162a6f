// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev state load */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "args.h"
#include "dev.h"
#include "document.h"
#include "error.h"
#include "migration.h"
#include "policy.h"
#include "saved_state.h"

struct load {
	char *device;
	const char *file;		/* with its state alone; NULL: all states are in one */
	char *source;			/* the device that the state is of; NULL: it does not say */
	struct saved_state state;
};

/* --- the files --- */

/* The name in a saved state. */
static char *source_name(const json_t *root)
{
	const char *name = json_string_value(json_object_get(json_object_get(root, "vdpa_state"), "device"));
	char *copy = name ? strdup(name) : NULL;

	if (name && !copy)
		error_no_memory();
	return copy;
}

static int take_document(struct document_text *text, struct load *load, struct nl_error *err)
{
	json_t *root = document_next(text, err);
	int failed;

	if (!root)
		return err->errnum ? -1 : nl_fail(err, EINVAL, "has fewer states than devices are named");
	failed = saved_state_parse(root, &load->state, err);
	load->source = source_name(root);
	json_decref(root);
	return failed;
}

static int take_documents(struct document_text *text, struct load *loads, int count,
			  struct nl_error *err)
{
	json_t *more;

	for (int i = 0; i < count; i++)
		if (take_document(text, &loads[i], err) < 0)
			return -1;
	more = document_next(text, err);
	json_decref(more);
	if (more)
		return nl_fail(err, EINVAL, "has more states than devices are named");
	return err->errnum ? -1 : 0;
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
		if (!wrong && strcmp(loads[i].source, loads[i].device) != 0)
			wrong = &loads[i];
	}
	if (!wrong)
		return 0;
	return nl_fail(err, EINVAL, "has the states in another order: %.63s would get that of %.63s; name the devices "
		       "in the order of the file, or as DEV=FILE", wrong->device, wrong->source);
}

static enum status read_states(const char *file, struct load *loads, int count, bool ordered)
{
	struct document_text text;
	struct nl_error err = { 0 };
	int failed;

	if (document_read(file, count, DOCUMENT_STATE_MAX, &text, &err) < 0)
		return error_file(file, &err);
	failed = take_documents(&text, loads, count, &err);
	if (!failed && ordered)
		failed = check_order(loads, count, &err);
	document_text_free(&text);
	return failed ? error_file(file, &err) : STATUS_DONE;
}

static enum status read_all_states(const char *file, struct load *loads, int count)
{
	enum status status = STATUS_DONE;

	/* The states stand in the file in the order in which the devices are named. */
	if (!loads[0].file)
		return read_states(file, loads, count, true);
	for (int i = 0; status == STATUS_DONE && i < count; i++)
		status = read_states(loads[i].file, &loads[i], 1, false);
	return status;
}

/* --- the command --- */

struct arguments {
	const char *file;
	const char *policy;
};

static const struct keyword keywords[] = {
	{
		.word = { .name = "file", .full = true },
		.check = arg_file, .offset = offsetof(struct arguments, file),
	},
	KEYWORD_POLICY(struct arguments, policy),
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
			status = error_refused(loads[i].device, &err);
	}
	return status;
}

static enum status load_one(struct vdpa *vdpa, const struct load *load)
{
	struct nl_error err = { 0 };

	if (saved_state_send(&vdpa->nl, load->device, &load->state, true, &err) == 0)
		return STATUS_DONE;
	return error_refused(load->device, &err);
}

/* All of them or none: the kernel gets all states before it is asked to load the first. */
static enum status load_all(struct vdpa *vdpa, const struct load *loads, int count)
{
	struct nl_error err = { 0 };
	enum status status;

	if (count == 1)
		return load_one(vdpa, loads);
	if (!nl_knows(&vdpa->nl, VDPA_CMD_DEV_STATE_LOAD)) {
		nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core cannot load several devices, all or none "
			"(needs the vdpa.ko that comes with this command)");
		return error_refused(NULL, &err);
	}
	status = ask_all(vdpa, loads, count);
	if (status != STATUS_DONE)
		return status;
	for (int i = 0; i < count; i++)
		if (saved_state_send(&vdpa->nl, loads[i].device, &loads[i].state, false, &err) < 0)
			return error_refused(loads[i].device, &err);
	put_group(nl_request(&vdpa->nl, VDPA_CMD_DEV_STATE_LOAD, 0), loads, count);
	return nl_exchange(&vdpa->nl, NULL, NULL, NULL, &err) == 0 ? STATUS_DONE : error_refused(NULL, &err);
}

/* --- the policy --- */

/* Applies it to the description, which the kernel is then asked about, as it would be to one from "migration show". */
static enum status waive(struct load *load, const struct policy *policy, const struct subject *target)
{
	struct description *source = &load->state.description;
	struct description description;
	struct nl_error err = { 0 };
	json_t *waivers;
	enum status status;

	if (subject_describe(target, source->class, &description, &err) < 0)
		return error_refused(load->device, &err);
	waivers = output_array();
	status = policy_apply(policy, source, &description, waivers);
	if (status == STATUS_DONE)
		policy_note(load->device, waivers);
	description_free(&description);
	json_decref(waivers);
	return status;
}

/* What a target is like is asked only where there is something that could be waived. */
static enum status waive_all(struct vdpa *vdpa, struct load *loads, int count, const struct policy *policy)
{
	enum status status = STATUS_DONE;

	for (int i = 0; status == STATUS_DONE && i < count; i++) {
		const struct target target = { .device = loads[i].device };
		struct nl_error err = { 0 };
		struct subject subject;

		if (!policy_concerns(policy, &loads[i].state.description))
			continue;
		if (migration_get(vdpa, &target, &subject, &err) < 0)
			return error_refused(loads[i].device, &err);
		status = waive(&loads[i], policy, &subject);
		subject_free(&subject);
	}
	return status;
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

static enum status check_devices(struct vdpa *vdpa, const struct load *loads, int count)
{
	char **names = calloc(count, sizeof(*names));
	enum status status;
	bool input = false;

	if (!names)
		error_no_memory();
	for (int i = 0; i < count; i++)
		names[i] = loads[i].device;
	status = args_names(vdpa, count, names);
	free(names);
	for (int i = 0; status == STATUS_DONE && i < count; i++) {
		if (!loads[i].file || strcmp(loads[i].file, "-") != 0)
			continue;
		if (input)
			return error_usage(vdpa, "only one of the files can be standard input");
		input = true;
	}
	return status;
}

static enum status take_devices(struct vdpa *vdpa, struct load *loads, int count, char **words, bool pairs)
{
	enum status status = STATUS_DONE;

	for (int i = 0; status == STATUS_DONE && i < count; i++)
		status = split(vdpa, &loads[i], words[i], pairs);
	return status == STATUS_DONE ? check_devices(vdpa, loads, count) : status;
}

static enum status load_devices(struct vdpa *vdpa, struct load *loads, int count, char **words,
				const struct arguments *arguments, struct policy *policy)
{
	const char *file = arguments->file;
	bool pairs = !file && has_pairs(count, words);
	enum status status = take_devices(vdpa, loads, count, words, pairs);

	if (status == STATUS_DONE && !pairs)
		status = args_own_file(vdpa, file ? file : "-");
	if (status == STATUS_DONE)
		status = read_all_states(file ? file : "-", loads, count);
	if (status == STATUS_DONE)
		status = policy_read(arguments->policy, policy);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status == STATUS_DONE)
		status = waive_all(vdpa, loads, count, policy);
	return status == STATUS_DONE ? load_all(vdpa, loads, count) : status;
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

enum status dev_state_load(struct vdpa *vdpa, int argc, char **argv)
{
	int count = args_count_names(argc, argv, keywords);
	struct arguments arguments = { 0 };
	struct policy policy = { 0 };
	struct load *loads;
	enum status status;
	uint32_t given;

	if (!count)
		return args_names(vdpa, count, argv);
	status = args_keywords(vdpa, keywords, argc - count, argv + count, &arguments, &given);
	if (status != STATUS_DONE)
		return status;
	loads = calloc(count, sizeof(*loads));
	if (!loads)
		error_no_memory();
	status = load_devices(vdpa, loads, count, argv, &arguments, &policy);
	loads_free(loads, count);
	policy_free(&policy);
	return status;
}
