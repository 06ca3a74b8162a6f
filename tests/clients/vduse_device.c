// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vduse_device: serves a vduse device until SIGTERM.
 *
 *	vduse_device NAME
 *
 * Creates NAME, a disk that handles no I/O, and answers the kernel's requests. It prints a line for
 * each change of the status ("status 15"), and "suspend" for a suspend. It supports a suspend if
 * vduse does (Linux 7.3), else it first prints "no suspend". It prints "ready" when the device
 * exists. SIGTERM ends it and removes NAME.
 *
 * Exit status: 0 done, 1 usage, 2 the kernel refused.
 */

#define _GNU_SOURCE	/* asprintf() */

#include <errno.h>
#include <fcntl.h>
#include <linux/vduse.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONTROL	"/dev/vduse/control"

/* Missing in older headers. */
#ifndef VDUSE_F_SUSPEND
#define VDUSE_F_SUSPEND		1
#define VDUSE_GET_FEATURES	_IOR(VDUSE_BASE, 0x04, __u64)
#define VDUSE_SET_FEATURES	_IOW(VDUSE_BASE, 0x05, __u64)
#endif
#define REQUEST_SUSPEND		5

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void refused(const char *what)
{
	fprintf(stderr, "vduse_device: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int create(int control, const char name[static VDUSE_NAME_MAX])
{
	struct {
		struct vduse_dev_config config;
		struct virtio_blk_config blk;
	} device = {
		.config = {
			.device_id = VIRTIO_ID_BLOCK, .vq_num = 1, .vq_align = 4096, .config_size = sizeof(device.blk),
			.features = 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM,
		},
	};
	struct vduse_vq_config queue = { .max_size = 128 };
	uint64_t version = 0, features;
	char *path;
	int fd;

	memcpy(device.config.name, name, sizeof(device.config.name));
	device.blk.capacity = 8;
	if (ioctl(control, VDUSE_SET_API_VERSION, &version))
		refused("API version");
	if (ioctl(control, VDUSE_GET_FEATURES, &features))
		features = 0;
	features &= 1 << VDUSE_F_SUSPEND;
	if (!features)
		puts("no suspend");
	else if (ioctl(control, VDUSE_SET_FEATURES, &features))
		refused("features");
	if (ioctl(control, VDUSE_CREATE_DEV, &device))
		refused(name);
	if (asprintf(&path, "/dev/vduse/%s", name) < 0)
		exit(2);
	fd = open(path, O_RDWR);
	if (fd < 0 || ioctl(fd, VDUSE_VQ_SETUP, &queue))
		refused(path);
	free(path);
	return fd;
}

static void answer(int fd)
{
	struct vduse_dev_response response = { .result = VDUSE_REQ_RESULT_OK };
	struct vduse_dev_request request;

	if (read(fd, &request, sizeof(request)) != sizeof(request)) {
		if (errno != EINTR)
			refused("request");
		return;
	}
	if (request.type == VDUSE_SET_STATUS)
		printf("status %u\n", request.s.status);
	else if (request.type == REQUEST_SUSPEND)
		puts("suspend");
	else if (request.type == VDUSE_GET_VQ_STATE)
		response.vq_state.index = request.vq_state.index;
	response.request_id = request.request_id;
	if (write(fd, &response, sizeof(response)) != sizeof(response))
		refused("answer");
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	char name[VDUSE_NAME_MAX] = "";
	int control, fd;

	if (argc != 2 || strlen(argv[1]) >= sizeof(name)) {
		fputs("usage: vduse_device NAME\n", stderr);
		return 1;
	}
	strcpy(name, argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &action, NULL);
	control = open(CONTROL, O_RDWR);
	if (control < 0)
		refused(CONTROL);
	fd = create(control, name);
	puts("ready");
	while (!ended)
		answer(fd);
	close(fd);
	return ioctl(control, VDUSE_DESTROY_DEV, name) ? 2 : 0;
}
