// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vhost_hold: opens vhost-vdpa character devices and keeps them open.
 *
 *	vhost_hold [--owner] [--asid GROUP:ASID] [--status N] [--features N] [--queues N] [--show] CHARDEV…
 *
 * Opens each CHARDEV and carries out the steps in the options. It prints a line for each step
 * ("open" once the file is open), and "ready" at the end. Then it keeps the files open until a
 * signal ends it. SIGUSR1 suspends all devices, SIGUSR2 resumes them, SIGHUP resets them; it prints
 * the result in a line for each device: "suspend 0", or an errno instead of 0. SIGALRM, SIGIO and
 * SIGPROF set DRIVER_OK, SUSPEND (virtio's own) and FAILED in their status; SIGURG prints the
 * status: "status 15". With --show it prints the devices' properties as NAME=value, and ends.
 *
 * Exit status: 0 done (--show), 1 usage, 2 the kernel refused.
 */

#define _GNU_SOURCE	/* sigwait() and the like */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <linux/virtio_config.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vhost_newer.h"

/* Virtio 1.4's; missing in older headers. */
#define STATUS_SUSPEND	16

struct plan {
	bool owner;
	bool show;
	bool choose_asid;	/* a group of virtqueues uses another address space than 0 */
	struct vhost_vring_state asid;	/* index: the group */
	uint8_t status;
	bool choose_features;
	uint64_t features;	/* to negotiate if choose_features, else all */
	unsigned int queues;	/* number of queues to make ready at the end */
	char **paths;	/* NULL-terminated */
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "vhost_hold: %s: %s\n", what, strerror(errno));
	exit(2);
}

static _Noreturn void usage(void)
{
	fputs("Usage: vhost_hold [--owner] [--asid GROUP:ASID] [--status N] [--features N] [--queues N] [--show] "
	      "CHARDEV...\n",
	      stderr);
	exit(1);
}

static unsigned long long number(const char *text, unsigned long long max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || value > max)
		usage();

	return value;
}

static struct plan parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "owner", no_argument, NULL, 'o' },
		{ "status", required_argument, NULL, 's' },
		{ "asid", required_argument, NULL, 'a' },
		{ "features", required_argument, NULL, 'f' },
		{ "queues", required_argument, NULL, 'q' },
		{ "show", no_argument, NULL, 'w' },
		{ }
	};
	struct plan plan = { };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			plan.owner = true;
			break;
		case 's':
			plan.status = number(optarg, UINT8_MAX);
			break;
		case 'f':
			plan.choose_features = true;
			plan.features = number(optarg, UINT64_MAX);
			break;
		case 'q':
			plan.queues = number(optarg, UINT16_MAX);
			break;
		case 'a':
			plan.choose_asid = sscanf(optarg, "%u:%u", &plan.asid.index, &plan.asid.num) == 2;
			if (!plan.choose_asid)
				usage();
			break;
		case 'w':
			plan.show = true;
			break;
		default:
			usage();
		}
	}
	if (optind == argc)
		usage();
	plan.paths = argv + optind;

	return plan;
}

static void show(int fd)
{
	struct vhost_vdpa_iova_range range;
	uint32_t device_id, config_size, vqs_count;
	uint64_t features;
	uint16_t vring_num;
	uint8_t status;

	if (ioctl(fd, VHOST_VDPA_GET_DEVICE_ID, &device_id))
		fail("VHOST_VDPA_GET_DEVICE_ID");
	printf("device_id=%u\n", device_id);
	if (ioctl(fd, VHOST_GET_FEATURES, &features))
		fail("VHOST_GET_FEATURES");
	printf("features=0x%llx\n", (unsigned long long)features);
	if (ioctl(fd, VHOST_VDPA_GET_STATUS, &status))
		fail("VHOST_VDPA_GET_STATUS");
	printf("status=%u\n", status);
	if (ioctl(fd, VHOST_VDPA_GET_VRING_NUM, &vring_num))
		fail("VHOST_VDPA_GET_VRING_NUM");
	printf("vring_num=%u\n", vring_num);
	if (ioctl(fd, VHOST_VDPA_GET_CONFIG_SIZE, &config_size))
		fail("VHOST_VDPA_GET_CONFIG_SIZE");
	printf("config_size=%u\n", config_size);
	if (ioctl(fd, VHOST_VDPA_GET_VQS_COUNT, &vqs_count))
		fail("VHOST_VDPA_GET_VQS_COUNT");
	printf("vqs_count=%u\n", vqs_count);
	if (ioctl(fd, VHOST_VDPA_GET_IOVA_RANGE, &range))
		fail("VHOST_VDPA_GET_IOVA_RANGE");
	printf("iova_range=0x%llx-0x%llx\n", (unsigned long long)range.first,
	       (unsigned long long)range.last);
}

static void negotiate(int fd, const struct plan *plan)
{
	uint64_t features = plan->features;

	if (!plan->choose_features && ioctl(fd, VHOST_GET_FEATURES, &features))
		fail("VHOST_GET_FEATURES");
	if (ioctl(fd, VHOST_SET_FEATURES, &features))
		fail("VHOST_SET_FEATURES");
}

/* Sets the status bit by bit, in the order of the virtio specification. */
static void reach_status(int fd, const struct plan *plan)
{
	static const uint8_t steps[] = {
		VIRTIO_CONFIG_S_ACKNOWLEDGE, VIRTIO_CONFIG_S_DRIVER,
		VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_CONFIG_S_DRIVER_OK,
		STATUS_SUSPEND, VIRTIO_CONFIG_S_FAILED,
	};
	uint8_t status = 0;

	for (size_t i = 0; i < sizeof(steps); i++) {
		if (!(plan->status & steps[i]))
			continue;
		if (steps[i] == VIRTIO_CONFIG_S_FEATURES_OK)
			negotiate(fd, plan);
		status |= steps[i];
		if (ioctl(fd, VHOST_VDPA_SET_STATUS, &status))
			fail("VHOST_VDPA_SET_STATUS");
	}
}

static void ready_queues(int fd, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct vhost_vring_state state = { .index = i, .num = 1 };

		if (ioctl(fd, VHOST_VDPA_SET_VRING_ENABLE, &state))
			fail("VHOST_VDPA_SET_VRING_ENABLE");
	}
}

/* The actions of signals. */
static int suspend(int fd)
{
	return ioctl(fd, VHOST_VDPA_SUSPEND);
}

static int resume(int fd)
{
	return ioctl(fd, VHOST_VDPA_RESUME);
}

static int reset(int fd)
{
	uint8_t status = 0;

	return ioctl(fd, VHOST_VDPA_SET_STATUS, &status);
}

/* Return: what it is, or -1. */
static int status_of(int fd)
{
	uint8_t status;

	return ioctl(fd, VHOST_VDPA_GET_STATUS, &status) ? -1 : status;
}

/* Sets a bit, as drivers do: none is cleared. */
static int set_bit(int fd, uint8_t bit)
{
	int old = status_of(fd);
	uint8_t status = old | bit;

	return old < 0 ? -1 : ioctl(fd, VHOST_VDPA_SET_STATUS, &status);
}

static int set_suspend(int fd)
{
	return set_bit(fd, STATUS_SUSPEND);
}

static int start(int fd)
{
	return set_bit(fd, VIRTIO_CONFIG_S_DRIVER_OK);
}

static int set_failed(int fd)
{
	return set_bit(fd, VIRTIO_CONFIG_S_FAILED);
}

static const struct order {
	int signal;
	const char *name;
	int (*carry_out)(int fd);
} orders[] = {
	{ SIGUSR1, "suspend", suspend },
	{ SIGUSR2, "resume", resume },
	{ SIGHUP, "reset", reset },
	{ SIGALRM, "start", start },
	{ SIGIO, "set_suspend", set_suspend },
	{ SIGPROF, "set_failed", set_failed },
	{ SIGURG, "status", status_of },
};

enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

/* Blocks the signals early, so that none ends the process. */
static void block_orders(sigset_t *set)
{
	sigemptyset(set);
	for (int i = 0; i < ORDERS; i++)
		sigaddset(set, orders[i].signal);
	if (sigprocmask(SIG_BLOCK, set, NULL))
		fail("sigprocmask");
}

static _Noreturn void obey(const sigset_t *set, const int *fds, int n)
{
	int signal, result;

	while (sigwait(set, &signal) == 0)
		for (int i = 0; i < ORDERS; i++)
			for (int j = 0; orders[i].signal == signal && j < n; j++) {
				result = orders[i].carry_out(fds[j]);
				printf("%s %d\n", orders[i].name, result < 0 ? errno : result);
			}
	fail("sigwait");
}

/* Return: the file, which stays open. */
static int use(const char *path, const struct plan *plan)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	puts("open");
	if ((plan->owner || plan->status || plan->choose_asid) && ioctl(fd, VHOST_SET_OWNER, NULL))
		fail("VHOST_SET_OWNER");
	if (plan->choose_asid && ioctl(fd, VHOST_VDPA_SET_GROUP_ASID, &plan->asid))
		fail("VHOST_VDPA_SET_GROUP_ASID");
	reach_status(fd, plan);
	ready_queues(fd, plan->queues);
	if (plan->show)
		show(fd);

	return fd;
}

int main(int argc, char **argv)
{
	struct plan plan = parse(argc, argv);
	sigset_t set;
	int *fds, n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	block_orders(&set);
	fds = calloc(argc, sizeof(*fds));
	if (!fds)
		fail("calloc");
	for (n = 0; plan.paths[n]; n++)
		fds[n] = use(plan.paths[n], &plan);
	if (plan.show)
		return 0;
	puts("ready");
	obey(&set, fds, n);
}
