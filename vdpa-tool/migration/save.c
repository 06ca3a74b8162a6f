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

#include "cli/args.h"
#include "device/dev.h"
#include "migration/save.h"
#include "cli/error.h"
#include "migration/new_file.h"
#include "netlink/parallel.h"
#include "migration/saved_state.h"

/* --- one device, in a thread of its own --- */

struct save {
	struct parallel parallel;
	struct saved_state state;
};

static int save_one(struct nl *nl, void *data)
{
	struct save *save = data;
	struct nlmsghdr *nlh = nl_request(nl, VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP);

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, save->parallel.device);
	if (nl_exchange(nl, saved_state_take, &save->state, NULL, &save->parallel.err) < 0)
		return -1;
	return saved_state_complete(&save->state, &save->parallel.err);
}

/* --- the file --- */

/* What goes into one file. */
struct documents {
	const struct save *saves;
	int count;
};

static int write_all(FILE *file, const void *data)
{
	const struct documents *documents = data;

	for (int i = 0; i < documents->count; i++)
		if (saved_state_write(file, &documents->saves[i].state) < 0)
			return -1;
	return 0;
}

/*
 * What is no regular file, a pipe for instance, is written to. A file has the memory of a guest in it, so to speak:
 * it appears when it is complete, or not at all, and only its owner reads it.
 */
static int write_path(const char *path, int (*write)(FILE *file, const void *data), const void *data)
{
	struct stat st;
	FILE *file;
	int failed;
	int fd;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return new_file(path, write, data);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	failed = write(file, data);
	return fclose(file) == 0 ? failed : -1;
}

int dev_state_write_file(const char *path, int (*write)(FILE *file, const void *data), const void *data)
{
	return strcmp(path, "-") == 0 ? write(stdout, data) : write_path(path, write, data);
}

enum status dev_state_write_failed(const char *path)
{
	bool standard = strcmp(path, "-") == 0;

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
	struct precopy precopy;
};

/* A second or so of one that writes little; what takes longer was not worth its rounds. */
enum { BELOW = 256 * 1024, ROUNDS = 30, DEADLINE = 10000 };

enum { SAVE_FILE, SAVE_PRECOPY, SAVE_ROUNDS, SAVE_BELOW, SAVE_DEADLINE };

static const struct keyword keywords[] = {
	[SAVE_FILE] = {
		.word = { .name = "file", .full = true },
		.check = arg_file, .offset = offsetof(struct arguments, file),
	},
	[SAVE_PRECOPY] = { .word = { .name = "precopy", .full = true } },
	[SAVE_ROUNDS] = {
		.word = { .name = "rounds", .full = true },
		.check = arg_rounds, .offset = offsetof(struct arguments, precopy.rounds),
	},
	[SAVE_BELOW] = {
		.word = { .name = "below", .full = true },
		.check = arg_bytes, .offset = offsetof(struct arguments, precopy.below),
	},
	[SAVE_DEADLINE] = KEYWORD_DEADLINE(struct arguments, precopy.deadline),
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
	if (status != STATUS_DONE)
		return status;
	errno = 0;
	return dev_state_write_file(path, write_all, &documents) < 0 ? dev_state_write_failed(path) : STATUS_DONE;
}

static enum status save_devices(struct vdpa *vdpa, int count, char **devices, const char *path)
{
	struct save *saves = calloc(count, sizeof(*saves));
	enum status status;

	if (!saves)
		error_no_memory();
	for (int i = 0; i < count; i++)
		saves[i].parallel.device = devices[i];
	status = save_all(&vdpa->nl, saves, count, path);
	for (int i = 0; i < count; i++)
		saved_state_free(&saves[i].state);
	free(saves);
	return status;
}

/* Those that say how to copy go with "precopy", which is for one device. */
static enum status check_precopy(struct vdpa *vdpa, uint32_t given, int count)
{
	if (!(given >> SAVE_PRECOPY & 1)) {
		if (given >> SAVE_ROUNDS)
			return error_usage(vdpa, "\"rounds\", \"below\" and \"deadline\" go with \"precopy\"");
		return STATUS_DONE;
	}
	if (count == 1)
		return STATUS_DONE;
	return error_usage(vdpa, "\"precopy\" is for one device at a time");
}

enum status dev_state_save(struct vdpa *vdpa, int argc, char **argv)
{
	int count = args_count_names(argc, argv, keywords);
	struct arguments arguments = {
		.file = "-", .precopy = { .rounds = ROUNDS, .below = BELOW, .deadline = DEADLINE },
	};
	enum status status;
	uint32_t given;

	status = args_names(vdpa, count, argv);
	if (status == STATUS_DONE)
		status = args_keywords(vdpa, keywords, argc - count, argv + count, &arguments,
				       &given);
	if (status == STATUS_DONE)
		status = check_precopy(vdpa, given, count);
	if (status == STATUS_DONE)
		status = args_own_file(vdpa, arguments.file);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;
	if (given >> SAVE_PRECOPY & 1)
		return dev_state_precopy(vdpa, argv[0], &arguments.precopy, arguments.file);
	return save_devices(vdpa, count, argv, arguments.file);
}

const struct command dev_state_commands[] = {
	{
		.word = { .name = "save" },
		.usage = "DEV [ DEV ... ] [ precopy [ rounds N ] [ below BYTES ] [ deadline MS ] ] [ file FILE ]",
		.run = dev_state_save,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_STATE_GET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "load" },
		.usage = "{ DEV [ DEV ... ] [ file FILE ] | DEV=FILE [ DEV=FILE ... ] } [ policy FILE ]",
		.run = dev_state_load,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_STATE_SET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word.name = NULL }
};
