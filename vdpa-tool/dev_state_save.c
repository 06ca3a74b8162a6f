// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev state save */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vdpa.h>

#include "args.h"
#include "dev.h"
#include "error.h"
#include "new_file.h"
#include "parallel.h"
#include "saved_state.h"

/* --- one device, in a thread of its own --- */

struct save {
	struct parallel parallel;
	json_t *document;
};

static int save_one(struct nl *nl, void *data)
{
	struct save *save = data;
	struct saved_state_builder builder = { 0 };
	struct nlmsghdr *nlh = nl_request(nl, VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP);

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, save->parallel.device);
	if (nl_exchange(nl, saved_state_add, &builder, NULL, &save->parallel.err) == 0)
		save->document = saved_state_document(&builder, &save->parallel.err);
	saved_state_builder_free(&builder);
	return save->document ? 0 : -1;
}

/* --- the file --- */

static int write_piece(const char *bytes, size_t len, void *file)
{
	return fwrite_unlocked(bytes, 1, len, file) == len ? 0 : -1;
}

/* What goes into one file. */
struct documents {
	const struct save *saves;
	int count;
};

static int write_all(FILE *file, const void *data)
{
	size_t flags = options.pretty ? JSON_INDENT(4) : JSON_COMPACT;
	const struct documents *documents = data;

	for (int i = 0; i < documents->count; i++)
		if (json_dump_callback(documents->saves[i].document, write_piece, file, flags) < 0 ||
		    putc('\n', file) == EOF)
			return -1;
	return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

/*
 * What is no regular file, a pipe for instance, is written to. A file has the memory of a guest in it, so to speak:
 * it appears when it is complete, or not at all, and only its owner reads it.
 */
static int write_path(const char *path, const struct documents *documents)
{
	struct stat st;
	FILE *file;
	int failed;
	int fd;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return new_file(path, write_all, documents);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	failed = write_all(file, documents);
	return fclose(file) == 0 ? failed : -1;
}

static enum status write_documents(const char *path, const struct documents *documents)
{
	bool standard = strcmp(path, "-") == 0;

	errno = 0;
	if ((standard ? write_all(stdout, documents) : write_path(path, documents)) == 0)
		return STATUS_DONE;
	/* What is left in the buffer is not tried again, and not said twice. */
	if (standard) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	error_local(errno ? errno : EIO, "%s", standard ? "standard output" : path);
	return STATUS_USAGE;
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

/* All of them or nothing: a group that is saved in part cannot move. */
static enum status save_all(struct nl *nl, struct save *saves, int count, const char *path)
{
	const struct documents documents = { .saves = saves, .count = count };
	enum status status = STATUS_DONE;

	parallel(nl, saves, count, sizeof(*saves), save_one);
	for (int i = 0; i < count; i++)
		if (!saves[i].parallel.done)
			status = error_refused(saves[i].parallel.device, &saves[i].parallel.err);
	return status == STATUS_DONE ? write_documents(path, &documents) : status;
}

enum status dev_state_save(struct vdpa *vdpa, int argc, char **argv)
{
	int count = args_count_names(argc, argv, keywords);
	struct arguments arguments = { .file = "-" };
	struct save *saves;
	enum status status;
	uint32_t given;

	status = args_names(vdpa, count, argv);
	if (status == STATUS_DONE)
		status = args_keywords(vdpa, keywords, argc - count, argv + count, &arguments,
				       &given);
	if (status == STATUS_DONE)
		status = args_own_file(vdpa, arguments.file);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;

	saves = calloc(count, sizeof(*saves));
	if (!saves)
		error_no_memory();
	for (int i = 0; i < count; i++)
		saves[i].parallel.device = argv[i];
	status = save_all(&vdpa->nl, saves, count, arguments.file);
	for (int i = 0; i < count; i++)
		json_decref(saves[i].document);
	free(saves);
	return status;
}
