// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration check: whether a source can move to a target, and all that is in the way */
#include <errno.h>
#include <string.h>

#include <linux/vdpa.h>

#include "error.h"
#include "judge.h"
#include "migration_check.h"

/* --- the source --- */

enum status source_read(const char *file, struct source *source)
{
	struct nl_error err = { 0 };

	memset(source, 0, sizeof(*source));
	if (subject_read(file, &source->subject, &err) < 0)
		return error_file(file, &err);
	if (source->subject.mgmtdev)
		nl_fail(&err, EINVAL, "is about a management device, only a device can be moved");
	else if (subject_describe(&source->subject, 0, &source->description, &err) > 0)
		return STATUS_DONE;
	subject_free(&source->subject);
	return error_file(file, &err);
}

void source_free(struct source *source)
{
	description_free(&source->description);
	subject_free(&source->subject);
}

json_t *migration_mismatches(const struct source *source, const struct subject *target,
			     struct nl_error *err)
{
	struct description description;
	json_t *mismatches;
	int found = subject_describe(target, source->description.class, &description, err);

	if (found < 0)
		return NULL;
	mismatches = found ? judge(&source->description, &description) :
			     judge_no_class(&source->description);
	description_free(&description);
	return mismatches;
}

/* --- the command --- */

/* @kernel: what the kernel says, NULL where it was not asked. Takes @mismatches over. */
static enum status print_verdict(struct vdpa *vdpa, const char *name, json_t *mismatches,
				 bool compatible, const char *kernel)
{
	json_t *entry = output_object();

	output_set(entry, "compatible", json_boolean(compatible));
	if (json_array_size(mismatches) || options.json)
		output_set(entry, "mismatches", json_incref(mismatches));
	if (kernel)
		output_set(entry, "kernel", output_string(kernel));
	output_begin(&vdpa->out, "check");
	output_entry(&vdpa->out, name, entry);
	output_end(&vdpa->out, true);
	json_decref(mismatches);
	return compatible ? STATUS_DONE : STATUS_UNFIT;
}

static enum status check_file(struct vdpa *vdpa, const struct source *source, const char *file)
{
	struct nl_error err = { 0 };
	enum status status;
	struct subject target;
	json_t *mismatches;

	if (subject_read(file, &target, &err) < 0)
		return error_file(file, &err);
	mismatches = migration_mismatches(source, &target, &err);
	status = mismatches ? print_verdict(vdpa, target.name, mismatches,
					    !json_array_size(mismatches), NULL) :
			      error_file(file, &err);
	subject_free(&target);
	return status;
}

/* The kernel's parent may have a last word that its description does not tell. */
static enum status check_target(struct vdpa *vdpa, const struct source *source,
				const struct target *target)
{
	enum status status = command_connect(vdpa);
	struct nl_error err = { 0 };
	struct subject subject;
	json_t *mismatches;
	enum verdict verdict;

	if (status != STATUS_DONE)
		return status;
	if (migration_get(vdpa, target, &subject, &err) < 0)
		return error_refused(target_text(target), &err);
	mismatches = migration_mismatches(source, &subject, &err);
	verdict = mismatches ? migration_ask(vdpa, target, &source->description, &err) :
			       VERDICT_FAILED;
	if (verdict == VERDICT_FAILED) {
		status = error_refused(target_text(target), &err);
		json_decref(mismatches);
	} else {
		status = print_verdict(vdpa, subject.name, mismatches,
				       verdict == VERDICT_FIT && !json_array_size(mismatches),
				       verdict == VERDICT_FIT ? "compatible" : error_reason(&err));
	}
	subject_free(&subject);
	return status;
}

struct check {
	const char *source;
	const char *file;
	struct target target;
};

enum { CHECK_SOURCE, CHECK_TARGET, CHECK_DEV, CHECK_MGMTDEV };

static const struct keyword check_keywords[] = {
	[CHECK_SOURCE] = {
		.word = { .name = "source" }, .required = true,
		.check = arg_file, .offset = offsetof(struct check, source),
	},
	[CHECK_TARGET] = {
		.word = { .name = "target" },
		.check = arg_file, .offset = offsetof(struct check, file),
	},
	[CHECK_DEV] = {
		.word = { .name = "dev" },
		.check = arg_device, .offset = offsetof(struct check, target.device),
	},
	[CHECK_MGMTDEV] = {
		.word = { .name = "mgmtdev" },
		.check = arg_mgmtdev, .offset = offsetof(struct check, target.mgmtdev),
	},
	{ .word.name = NULL }
};

enum status migration_check(struct vdpa *vdpa, int argc, char **argv)
{
	struct check check = { 0 };
	struct source source;
	enum status status;
	uint32_t given;

	status = args_keywords(vdpa, check_keywords, argc, argv, &check, &given);
	if (status != STATUS_DONE)
		return status;
	if (__builtin_popcount(given) != 2)
		return error_usage(vdpa, "exactly one of target, dev and mgmtdev has to be given");
	if (given >> CHECK_TARGET & 1 && strcmp(check.source, "-") == 0 &&
	    strcmp(check.file, "-") == 0)
		return error_usage(vdpa, "source and target cannot both be standard input");
	status = source_read(check.source, &source);
	if (status != STATUS_DONE)
		return status;
	status = given >> CHECK_TARGET & 1 ? check_file(vdpa, &source, check.file) :
					     check_target(vdpa, &source, &check.target);
	source_free(&source);
	return status;
}
