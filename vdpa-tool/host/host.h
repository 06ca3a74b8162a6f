/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which vDPA core a host runs, and which it has installed: from /sys, /proc and /lib/modules, below a directory where it is
 * another tree than this machine's.
 */
#ifndef VDPA_TOOL_HOST_H
#define VDPA_TOOL_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/texts.h"

enum core {
	CORE_NONE,
	CORE_OURS,		/* it tells its version, which the kernel's own does not */
	CORE_DISTRIBUTION,
	CORE_BUILT_IN,		/* the kernel's own, and cannot be replaced */
};

enum { HOST_TEXT_MAX = 256 };

/* The core that runs. */
struct core_loaded {
	enum core core;
	char version[HOST_TEXT_MAX];	/* of ours */
	char taint[HOST_TEXT_MAX];	/* letters, E: loaded without a signature that the kernel knows */
};

/* The core that one of the host's kernels would load. */
struct core_installed {
	char release[HOST_TEXT_MAX];	/* of the kernel */
	enum core core;
	char file[HOST_TEXT_MAX];	/* below the directory of the kernel's modules; "" where there is none */
	char version[HOST_TEXT_MAX];	/* of ours */
	char signer[HOST_TEXT_MAX];	/* "": it is not signed */
	bool read;			/* the file was read: version and signer are known */
	bool headers;			/* those of the kernel are there, to build for it */
};

/* "" for this machine, else a directory. */
void host_loaded(const char *root, struct core_loaded *core);

/* The release of the kernel that runs. False where it is not known. */
bool host_running(const char *root, char *release, size_t size);

/* Calls @take for each kernel that has modules, the oldest first. */
void host_kernels(const char *root, void (*take)(const struct core_installed *installed, void *data), void *data);

/* Reads what @path below @root has, without the newline at its end. False where it cannot be read. */
bool host_read(const char *root, const char *path, char *buf, size_t size);

/* Adds the names in a directory below @root that begin with @start, by their versions. */
void host_names(const char *root, const char *path, const char *start, struct texts *names);

/* Adds who has a vhost-vdpa or vduse device open, as far as one may see it, each as "NAME (PID) DEVICE". */
void host_users(const char *root, struct texts *users);

#endif
