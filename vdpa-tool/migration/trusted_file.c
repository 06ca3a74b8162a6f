// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "migration/trusted_file.h"

static int check_access(const struct stat *st, struct nl_error *err)
{
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return nl_fail(err, EINVAL, "is no regular file");
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return nl_fail(err, EPERM, "belongs to somebody else than root or the user");
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return nl_fail(err, EPERM, "can be written to by others than its owner");
	return 0;
}

int trusted_file_open(const char *path, struct stat *st, struct nl_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return nl_fail(err, errno, "%s", strerror(errno));
	if (fstat(fd, st) == 0 && check_access(st, err) == 0)
		return fd;
	if (!err->errnum)
		nl_fail(err, errno, "%s", strerror(errno));
	close(fd);
	return -1;
}
