// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration find: what on this host could take a source, best first */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "command/command.h"
#include "migration/check.h"
#include "migration/software_version.h"

struct candidate {
	struct subject subject;
	char *reason;		/* why it is none; NULL: it is one */
	struct judgement judgement;	/* of it; all zero: it could not be judged */
	const char *version;	/* as it tells it, NULL: it does not */
	size_t untold;		/* attributes that show when there is a device */
	bool comparable;	/* number is that version */
	struct software_version number;
};

struct search {
	struct vdpa *vdpa;
	const struct source *source;
	struct candidate *candidates;
	size_t count;
	char **idle;		/* the names of devices that nobody uses, sorted */
	size_t n_idle;
};

/* --- collecting --- */

static void *grow(void *array, size_t count, size_t size)
{
	array = realloc(array, (count + 1) * size);
	if (!array)
		error_no_memory();
	return array;
}

static void collect(struct subject *subject, void *data)
{
	struct search *search = data;

	search->candidates = grow(search->candidates, search->count, sizeof(*search->candidates));
	search->candidates[search->count++] = (struct candidate){ .subject = *subject };
	*subject = (struct subject){ .name = NULL };
}

static int collect_idle(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct search *search = data;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	if (!slots[VDPA_ATTR_DEV_STATE] || attr_uint(slots[VDPA_ATTR_DEV_STATE]) != VDPA_DEV_STATE_INACTIVE)
		return 0;
	search->idle = grow(search->idle, search->n_idle, sizeof(*search->idle));
	search->idle[search->n_idle++] = attr_copy(slots[VDPA_ATTR_DEV_NAME]);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int collect_all(struct search *search, bool *interrupted, struct nl_error *err)
{
	struct nl *nl = &search->vdpa->nl;
	bool interrupted_each[3] = { false };

	nl_request(nl, VDPA_CMD_DEV_GET, NLM_F_DUMP);
	if (nl_exchange(nl, collect_idle, search, &interrupted_each[0], err) < 0 ||
	    migration_dump(search->vdpa, false, collect, search, &interrupted_each[1], err) < 0 ||
	    migration_dump(search->vdpa, true, collect, search, &interrupted_each[2], err) < 0)
		return -1;
	if (search->n_idle)
		qsort(search->idle, search->n_idle, sizeof(*search->idle), compare_names);
	*interrupted = interrupted_each[0] || interrupted_each[1] || interrupted_each[2];
	return 0;
}

/* --- judging --- */

static char *text(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		error_no_memory();
	va_end(args);
	return text;
}

static bool is_free(const struct search *search, const struct candidate *candidate)
{
	return candidate->subject.mgmtdev ||
	       (search->n_idle && bsearch(&candidate->subject.name, search->idle, search->n_idle,
					  sizeof(*search->idle), compare_names));
}

static void note_version(struct candidate *candidate)
{
	const struct description *description = candidate->judgement.target;
	const struct attribute *version = description ? description_find(description, "software_version") : NULL;

	if (!version || !version->has_value || !version->string)
		return;
	candidate->version = version->string;
	candidate->comparable = version->type == TYPE_VERSION &&
				software_version_parse(version->string, &candidate->number);
}

/* The kernel's word. Returns STATUS_DONE, or has said that it answers nobody like us. */
static enum status ask(struct search *search, struct candidate *candidate)
{
	const char *name = candidate->subject.name;
	struct target target = { .device = candidate->subject.mgmtdev ? NULL : name };
	struct nl_error err = { 0 };
	const char *reason = NULL;

	if (candidate->subject.mgmtdev)
		reason = arg_mgmtdev(name, &target.mgmtdev);
	if (!reason && migration_ask(search->vdpa, &target, &candidate->judgement.source, &err) !=
	    VERDICT_FIT)
		reason = error_reason(&err);
	if (reason)
		candidate->reason = text("%s", reason);
	return err.errnum == EPERM ? error_refused(search->vdpa, NULL, &err) : STATUS_DONE;
}

static enum status judge_candidate(struct search *search, struct candidate *candidate)
{
	struct judgement *judgement = &candidate->judgement;
	const struct mismatch *first;
	struct nl_error err = { 0 };

	if (migration_judge(search->source, &candidate->subject, judgement, &err) != STATUS_DONE)
		return STATUS_USAGE;
	note_version(candidate);
	candidate->untold = untold_count(&judgement->source);
	first = judgement->mismatches.list;
	if (!judgement->judged)
		candidate->reason = text("%s", error_reason(&err));
	else if (judgement->mismatches.count)
		candidate->reason = text("%s (%s): %s", first->attribute, first->rule, first->reason);
	else if (!is_free(search, candidate))
		candidate->reason = text("it is in use");
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
	int order = a->subject.mgmtdev - b->subject.mgmtdev;

	/* What fits for certain is better, whatever its version. */
	if (!order)
		order = !!a->untold - !!b->untold;
	if (!order)
		order = compare_versions(a, b);
	return order ? order : strcmp(a->subject.name, b->subject.name);
}

/* --- printing --- */

static void candidate_write(struct output *out, const struct candidate *candidate)
{
	out_row(out);
	out_text(out, candidate->subject.mgmtdev ? "mgmtdev" : "dev", candidate->subject.name);
	if (candidate->version)
		out_text(out, "software_version", candidate->version);
	if (candidate->reason)
		out_text(out, "unfit", candidate->reason);
	else
		untold_write(out, &candidate->judgement.source);
	waivers_write(out, &candidate->judgement.waivers);
	out_row_end(out);
}

/* Returns how many there are. */
static size_t write_those(const struct search *search, const char *key, bool fit)
{
	struct output *out = &search->vdpa->out;
	size_t count = 0;

	out_table(out, key);
	for (size_t i = 0; i < search->count; i++) {
		if (!search->candidates[i].reason != fit)
			continue;
		candidate_write(out, &search->candidates[i]);
		count++;
	}
	out_table_end(out);
	return count;
}

static enum status print_found(struct search *search)
{
	struct output *out = &search->vdpa->out;
	const char *name = search->source->subject.name;
	size_t found;

	out_begin(out, "find");
	out_entry(out, name, strlen(name));
	found = write_those(search, "candidates", true);
	write_those(search, "others", false);
	out_entry_end(out);
	out_end(out, true);
	return found ? STATUS_DONE : STATUS_UNFIT;
}

/* --- the command --- */

static enum status find(struct search *search)
{
	enum status status = STATUS_DONE;
	struct nl_error err = { 0 };
	bool interrupted = false;

	if (collect_all(search, &interrupted, &err) < 0)
		return error_refused(search->vdpa, NULL, &err);
	for (size_t i = 0; status == STATUS_DONE && i < search->count; i++)
		status = judge_candidate(search, &search->candidates[i]);
	if (status != STATUS_DONE)
		return status;
	if (search->count)
		qsort(search->candidates, search->count, sizeof(*search->candidates), compare);
	if (interrupted)
		error_devices_changed(search->vdpa);
	return print_found(search);
}

static void search_free(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		judgement_free(&search->candidates[i].judgement);
		subject_free(&search->candidates[i].subject);
		free(search->candidates[i].reason);
	}
	for (size_t i = 0; i < search->n_idle; i++)
		free(search->idle[i]);
	free(search->candidates);
	free(search->idle);
}

const struct argument find_arguments[] = {
	{
		.word = { .name = "source" }, .required = true, .type = &type_file,
		.text = "the source's description, from \"dev migration show\" with -j", .offset = offsetof(struct find, source),
	},
	ARGUMENT_POLICY(struct find, policy),
	{ .word.name = NULL }
};

enum status migration_find(struct vdpa *vdpa, const void *values)
{
	struct search search = { .vdpa = vdpa };
	const struct find *arguments = values;
	struct source source;
	enum status status;

	status = source_read(vdpa, arguments->source, arguments->policy, &source);
	if (status != STATUS_DONE)
		return status;
	search.source = &source;
	status = command_connect(vdpa);
	if (status == STATUS_DONE)
		status = find(&search);
	search_free(&search);
	source_free(&source);
	return status;
}
