// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration find: what on this host could take a source, best first */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "cli/error.h"
#include "migration/check.h"
#include "migration/software_version.h"

struct candidate {
	char *name;
	bool mgmtdev;
	json_t *body;
	json_t *reason;		/* why it is none; NULL: it is one */
	struct judgement judgement;	/* of it; all zero: it could not be judged */
	json_t *version;	/* as it tells it, NULL: it does not */
	bool comparable;	/* number is that version */
	struct software_version number;
};

struct search {
	struct vdpa *vdpa;
	const struct source *source;
	struct candidate *candidates;
	size_t count;
	bool mgmtdev;		/* what is being listed */
	json_t *states;		/* of the devices: their state by name */
};

/* --- collecting --- */

static void collect(const char *name, json_t *body, void *data)
{
	struct search *search = data;
	struct candidate *candidate;

	search->candidates = realloc(search->candidates,
				     (search->count + 1) * sizeof(*search->candidates));
	if (!search->candidates)
		error_no_memory();
	candidate = &search->candidates[search->count++];
	*candidate = (struct candidate){
		.name = strdup(name), .mgmtdev = search->mgmtdev, .body = json_incref(body),
	};
	if (!candidate->name)
		error_no_memory();
}

static int collect_state(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	json_t *states = data;
	char *name;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	name = attr_string(slots[VDPA_ATTR_DEV_NAME]);
	if (slots[VDPA_ATTR_DEV_STATE])
		output_set(states, name, attr_json_uint(slots[VDPA_ATTR_DEV_STATE]));
	free(name);
	return 0;
}

static int collect_all(struct search *search, bool *interrupted, struct nl_error *err)
{
	struct nl *nl = &search->vdpa->nl;
	bool interrupted_each[3] = { false };

	nl_request(nl, VDPA_CMD_DEV_GET, NLM_F_DUMP);
	if (nl_exchange(nl, collect_state, search->states, &interrupted_each[0], err) < 0 ||
	    migration_dump(search->vdpa, false, collect, search, &interrupted_each[1], err) < 0)
		return -1;
	search->mgmtdev = true;
	if (migration_dump(search->vdpa, true, collect, search, &interrupted_each[2], err) < 0)
		return -1;
	*interrupted = interrupted_each[0] || interrupted_each[1] || interrupted_each[2];
	return 0;
}

/* --- judging --- */

/* What stands in the way is told by the first mismatch. */
static json_t *first_reason(const json_t *mismatches)
{
	const json_t *mismatch = json_array_get(mismatches, 0);

	return json_sprintf("%s (%s): %s",
			    json_string_value(json_object_get(mismatch, "attribute")),
			    json_string_value(json_object_get(mismatch, "rule")),
			    json_string_value(json_object_get(mismatch, "reason")));
}

static bool is_free(const struct search *search, const struct candidate *candidate)
{
	const json_t *state = json_object_get(search->states, candidate->name);

	return candidate->mgmtdev ||
	       (state && json_integer_value(state) == VDPA_DEV_STATE_INACTIVE);
}

static void note_version(struct candidate *candidate, const struct description *description)
{
	const struct attribute *version = description_find(description, "software_version");

	if (!version || !version->value)
		return;
	candidate->version = json_incref(version->value);
	candidate->comparable = version->type == TYPE_VERSION &&
				software_version_parse(version->string, &candidate->number);
}

/* Its own description, as far as it has one for the source's class. */
static void describe(const struct search *search, struct candidate *candidate,
		     const struct subject *subject)
{
	struct description description;
	struct nl_error err;

	if (subject_describe(subject, search->source->description.class, &description, &err) > 0)
		note_version(candidate, &description);
	description_free(&description);
}

/* The kernel's word. Returns STATUS_DONE, or has said that it answers nobody like us. */
static enum status ask(struct search *search, struct candidate *candidate)
{
	struct target target = { .device = candidate->mgmtdev ? NULL : candidate->name };
	struct nl_error err = { 0 };
	const char *reason = NULL;

	if (candidate->mgmtdev)
		reason = arg_mgmtdev(candidate->name, &target.mgmtdev);
	if (!reason && migration_ask(search->vdpa, &target, &candidate->judgement.source, &err) !=
	    VERDICT_FIT)
		reason = error_reason(&err);
	if (reason)
		candidate->reason = output_string(reason);
	return err.errnum == EPERM ? error_refused(NULL, &err) : STATUS_DONE;
}

static enum status judge_candidate(struct search *search, struct candidate *candidate)
{
	struct subject subject = {
		.name = candidate->name, .body = candidate->body, .mgmtdev = candidate->mgmtdev,
	};
	struct nl_error err = { 0 };
	const json_t *mismatches;

	if (json_object_get(candidate->body, "reason")) {
		candidate->reason = json_incref(json_object_get(candidate->body, "reason"));
		return STATUS_DONE;
	}
	if (migration_judge(search->source, &subject, &candidate->judgement, &err) != STATUS_DONE) {
		memset(&candidate->judgement, 0, sizeof(candidate->judgement));
		return STATUS_USAGE;
	}
	mismatches = candidate->judgement.mismatches;
	describe(search, candidate, &subject);
	if (!mismatches)
		candidate->reason = output_string(error_reason(&err));
	else if (json_array_size(mismatches))
		candidate->reason = first_reason(mismatches);
	else if (!is_free(search, candidate))
		candidate->reason = json_string("it is in use");
	return candidate->reason ? STATUS_DONE : ask(search, candidate);
}

/* --- ranking --- */

/* Of versions that differ in more than the bugfix the lower is the smaller step. */
static int compare_versions(const struct candidate *a, const struct candidate *b)
{
	if (!a->comparable || !b->comparable)
		return b->comparable - a->comparable;
	if (a->number.major != b->number.major)
		return a->number.major < b->number.major ? -1 : 1;
	if (a->number.minor != b->number.minor)
		return a->number.minor < b->number.minor ? -1 : 1;
	return (a->number.bugfix < b->number.bugfix) - (a->number.bugfix > b->number.bugfix);
}

static int compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = a->mgmtdev - b->mgmtdev;

	if (!order)
		order = compare_versions(a, b);
	return order ? order : strcmp(a->name, b->name);
}

/* --- printing --- */

static json_t *candidate_json(const struct candidate *candidate)
{
	json_t *json = output_object();

	output_set(json, candidate->mgmtdev ? "mgmtdev" : "dev", json_string(candidate->name));
	if (candidate->version)
		output_set(json, "software_version", json_incref(candidate->version));
	if (candidate->reason)
		output_set(json, "unfit", json_incref(candidate->reason));
	judgement_show_waivers(&candidate->judgement, json);
	return json;
}

static enum status print_found(struct search *search)
{
	json_t *entry = output_object();
	json_t *fit = output_array(), *unfit = output_array();
	enum status status;

	for (size_t i = 0; i < search->count; i++)
		output_append(search->candidates[i].reason ? unfit : fit,
			      candidate_json(&search->candidates[i]));
	status = json_array_size(fit) ? STATUS_DONE : STATUS_UNFIT;
	output_set(entry, "candidates", fit);
	output_set(entry, "others", unfit);
	out_begin(&search->vdpa->out, "find");
	output_entry(&search->vdpa->out, search->source->subject.name, entry);
	out_end(&search->vdpa->out, true);
	return status;
}

/* --- the command --- */

static enum status find(struct search *search)
{
	enum status status = STATUS_DONE;
	struct nl_error err = { 0 };
	bool interrupted = false;

	if (collect_all(search, &interrupted, &err) < 0)
		return error_refused(NULL, &err);
	for (size_t i = 0; status == STATUS_DONE && i < search->count; i++)
		status = judge_candidate(search, &search->candidates[i]);
	if (status != STATUS_DONE)
		return status;
	if (search->count)
		qsort(search->candidates, search->count, sizeof(*search->candidates), compare);
	if (interrupted)
		error_devices_changed();
	return print_found(search);
}

static void search_free(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free(search->candidates[i].name);
		json_decref(search->candidates[i].body);
		json_decref(search->candidates[i].reason);
		json_decref(search->candidates[i].version);
		judgement_free(&search->candidates[i].judgement);
	}
	free(search->candidates);
	json_decref(search->states);
}

struct find {
	const char *source;
	const char *policy;
};

static const struct keyword find_keywords[] = {
	{
		.word = { .name = "source" }, .required = true,
		.check = arg_file, .offset = offsetof(struct find, source),
	},
	KEYWORD_POLICY(struct find, policy),
	{ .word.name = NULL }
};

enum status migration_find(struct vdpa *vdpa, int argc, char **argv)
{
	struct search search = { .vdpa = vdpa };
	struct find arguments = { 0 };
	struct source source;
	enum status status;
	uint32_t given;

	status = args_keywords(vdpa, find_keywords, argc, argv, &arguments, &given);
	if (status == STATUS_DONE)
		status = source_read(arguments.source, arguments.policy, &source);
	if (status != STATUS_DONE)
		return status;
	search.source = &source;
	search.states = output_object();
	status = command_connect(vdpa);
	if (status == STATUS_DONE)
		status = find(&search);
	search_free(&search);
	source_free(&source);
	return status;
}
