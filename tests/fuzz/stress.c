// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stress: everything at once, for a while.
 *
 *	stress [--seconds N] [--seed N] [MODULE.ko…]
 *
 * Several processes create and delete devices of the simulated parents, show, configure, suspend, save and dump them,
 * read half of a dump, bind them to drivers and take them away, by sysfs and by netlink, open them through vhost-vdpa, listen to events, and load
 * and unload the MODULEs: parents and bus drivers. From time to time one is killed, and another one takes its place.
 * Nobody minds what the kernel refuses, but an answer has to come.
 *
 * At the end all of them are killed: then every device can be deleted. The last line has the figures. Exit status: 0 it
 * was so, 1 usage, 2 it was not.
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/random.h"
#include "wire/talk.h"

/* Devices s0, s1, … that there can be. */
#define DEVICES		24

/* How long a worker lives at most before it is killed, and how long one that was killed may take to end, in ms. */
#define LIFE_MS		400
#define END_MS		60000

#define BUS		"/sys/bus/vdpa"

static struct wire_random rnd;
static char **modules;
static size_t n_modules;

static uint32_t below(uint32_t n)
{
	return wire_below(&rnd, n);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static const char *any_device(void)
{
	static char name[16];

	snprintf(name, sizeof(name), "s%u", below(DEVICES));
	return name;
}

/* Requests. A worker has one socket, which goes with it. */

static struct wire wire;

/* Whatever the answer is, it comes: of a delete, when whoever has the device open has closed it. */
static void ask(struct nl_msg *msg)
{
	struct wire_answer answer;

	wire_ask(&wire, nlmsg_hdr(msg), NULL, NULL, &answer);
	nlmsg_free(msg);
	if (answer.end == WIRE_SILENT)
		_exit(2);
	if (answer.end == WIRE_LOST)
		wire_reopen(&wire);
}

static struct nl_msg *about(uint8_t command, int flags, const char *device)
{
	struct nl_msg *msg = wire_request(&wire, command, flags);

	if (device)
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, device);
	return msg;
}

static void add(void)
{
	struct nl_msg *msg = about(VDPA_CMD_DEV_NEW, NLM_F_ACK, any_device());
	bool net = below(2);
	uint16_t pairs = 1 + below(4);

	wire_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, net ? "vdpasim_net" : "vdpasim_blk");
	if (net && below(2))
		wire_put(msg, VDPA_ATTR_DEV_NET_CFG_MAX_VQP, &pairs, sizeof(pairs));
	ask(msg);
}

static void delete(void)
{
	ask(about(VDPA_CMD_DEV_DEL, NLM_F_ACK, any_device()));
}

static void show(void)
{
	static const uint8_t one[] = {
		VDPA_CMD_DEV_GET, VDPA_CMD_DEV_CONFIG_GET, VDPA_CMD_DEV_MIGRATION_GET,
	};

	ask(about(one[below(ARRAY_SIZE(one))], NLM_F_ACK, any_device()));
}

/* Some of them are not read to the end. */
static void dump(void)
{
	const struct wire_command *command;
	uint8_t buf[4096];

	do
		command = &wire_commands[below(wire_commands_n)];
	while (!command->dump);
	if (below(3)) {
		ask(about(command->number, NLM_F_DUMP, command->one ? NULL : any_device()));
	} else {
		struct nl_msg *msg =
			about(command->number, NLM_F_DUMP, command->one ? NULL : any_device());
		struct wire_answer answer;

		if (wire_send(&wire, nlmsg_hdr(msg), &answer) && below(2))
			(void)!recv(wire.fd, buf, sizeof(buf), MSG_DONTWAIT);
		nlmsg_free(msg);
		wire_reopen(&wire);
	}
}

static void configure(void)
{
	bool mac = below(2);
	struct nl_msg *msg =
		about(mac ? VDPA_CMD_DEV_ATTR_SET : VDPA_CMD_DEV_VQ_SET, NLM_F_ACK, any_device());
	const uint8_t address[] = { 2, 0, 0, 0, 0, below(256) };
	const uint32_t queue = below(3);
	const uint16_t position = below(65536);

	if (mac) {
		wire_put(msg, VDPA_ATTR_DEV_NET_CFG_MACADDR, address, sizeof(address));
	} else {
		wire_put(msg, VDPA_ATTR_DEV_QUEUE_INDEX, &queue, sizeof(queue));
		wire_put(msg, VDPA_ATTR_VQ_AVAIL_INDEX, &position, sizeof(position));
	}
	ask(msg);
}

static void suspend(void)
{
	uint8_t command = below(2) ? VDPA_CMD_DEV_SUSPEND : VDPA_CMD_DEV_RESUME;
	struct nl_msg *msg = about(command, NLM_F_ACK, below(3) ? any_device() : NULL);
	const uint32_t deadline = 1 + below(100);

	if (nlmsg_hdr(msg)->nlmsg_len == NLMSG_HDRLEN + GENL_HDRLEN) {
		struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_DEV_GROUP);

		for (unsigned int n = 1 + below(4); n; n--)
			wire_put_string(msg, VDPA_ATTR_DEV_NAME, any_device());
		nla_nest_end(msg, nest);
	}
	if (command == VDPA_CMD_DEV_SUSPEND && below(2))
		wire_put(msg, VDPA_ATTR_DEADLINE, &deadline, sizeof(deadline));
	ask(msg);
}

/* A state, and back to another device with it. */
static struct nl_msg *saved;

static void keep_state(struct nlmsghdr *nlh, void *unused)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *nla;
	int left;

	(void)unused;
	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left)
		if (nla_type(nla) != VDPA_ATTR_DEV_NAME)
			nla_put(saved, nla->nla_type, nla_len(nla), nla_data(nla));
}

static void move_state(void)
{
	struct wire_answer answer;
	struct nl_msg *msg = about(VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP, any_device());

	saved = about(VDPA_CMD_DEV_STATE_SET, NLM_F_ACK, any_device());
	wire_ask(&wire, nlmsg_hdr(msg), keep_state, NULL, &answer);
	nlmsg_free(msg);
	if (answer.end == WIRE_SILENT)
		_exit(2);
	wire_put(saved, VDPA_ATTR_STATE_END, NULL, 0);
	ask(saved);
}

/* Files */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, text, strlen(text));
	close(fd);
}

static void bind_driver(void)
{
	static const char *const drivers[] = { "vhost_vdpa", "virtio_vdpa" };
	const char *driver = drivers[below(2)], *device = any_device();
	char path[PATH_MAX];

	switch (below(3)) {
	case 0:
		snprintf(path, sizeof(path), BUS "/devices/%s/driver_override", device);
		write_file(path, below(3) ? driver : "\n");
		break;
	case 1:
		snprintf(path, sizeof(path), BUS "/drivers/%s/unbind", driver);
		write_file(path, device);
		break;
	default:
		snprintf(path, sizeof(path), BUS "/drivers/%s/bind", driver);
		write_file(path, device);
	}
}

/* Now, or when whoever has it open has closed it, or not at all if that takes too long. */
static void change_driver(void)
{
	static const char *const drivers[] = { "vhost_vdpa", "virtio_vdpa", VDPA_DRIVER_NONE };
	struct nl_msg *msg = about(VDPA_CMD_DEV_DRIVER_SET, NLM_F_ACK, any_device());
	const uint32_t deadline = 1 + below(400);

	wire_put_string(msg, VDPA_ATTR_DEV_DRIVER, drivers[below(ARRAY_SIZE(drivers))]);
	if (below(2))
		wire_put(msg, VDPA_ATTR_DEADLINE, &deadline, sizeof(deadline));
	ask(msg);
}

static void set_status(int fd, uint8_t status)
{
	(void)!ioctl(fd, VHOST_VDPA_SET_STATUS, &status);
}

/* As a virtual machine monitor would, without rings. */
static void open_device(void)
{
	char path[PATH_MAX];
	uint64_t features;
	int fd;

	snprintf(path, sizeof(path), "/dev/vhost-vdpa-%u", below(DEVICES));
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (!ioctl(fd, VHOST_SET_OWNER, NULL) && !ioctl(fd, VHOST_GET_FEATURES, &features)) {
		features &= 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM;
		set_status(fd, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
		(void)!ioctl(fd, VHOST_SET_FEATURES, &features);
		set_status(fd, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
				       VIRTIO_CONFIG_S_FEATURES_OK);
		set_status(fd, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
				       VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
	}
	poll(NULL, 0, below(300));
	if (below(2))
		set_status(fd, 0);
	close(fd);
}

/* Slower than events come. */
static void listen_to_events(void)
{
	uint8_t buf[4096];

	if (!wire_listen(&wire))
		return;
	for (unsigned int n = below(50); n; n--) {
		poll(NULL, 0, below(20));
		(void)!recv(wire.fd, buf, sizeof(buf), MSG_DONTWAIT);
	}
	wire_reopen(&wire);
}

static void name_of_module(const char *path, char *name, size_t size)
{
	snprintf(name, size, "%s", basename(path));
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!syscall(SYS_finit_module, fd, "", 0);
	close(fd);
}

/* Unloaded if nobody uses it, else loaded if it is not. */
static void change_module(void)
{
	const char *path = modules[below(n_modules)];
	char name[64];

	name_of_module(path, name, sizeof(name));
	if (syscall(SYS_delete_module, name, O_NONBLOCK) && errno == ENOENT)
		load_module(path);
	poll(NULL, 0, below(400));
}

/* What there is to do; those that are there twice are done by two. */
static const struct role {
	const char *name;
	void (*act)(void);
	bool needs_modules;
} roles[] = {
	{ "add", add, false },
	{ "add", add, false },
	{ "delete", delete, false },
	{ "show", show, false },
	{ "dump", dump, false },
	{ "configure", configure, false },
	{ "suspend", suspend, false },
	{ "move", move_state, false },
	{ "bind", bind_driver, false },
	{ "driver", change_driver, false },
	{ "open", open_device, false },
	{ "open", open_device, false },
	{ "listen", listen_to_events, false },
	{ "load", change_module, true },
};

/* How often each was done, and how often somebody was killed: shared by all. */
static struct {
	uint64_t done[ARRAY_SIZE(roles)];
	uint64_t killed;
} *figures;

static _Noreturn void work(size_t role)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	wire_open(&wire);
	for (;;) {
		roles[role].act();
		__atomic_fetch_add(&figures->done[role], 1, __ATOMIC_RELAXED);
	}
}

static pid_t start(size_t role)
{
	pid_t pid;

	if (roles[role].needs_modules && !n_modules)
		return 0;
	wire_random(&rnd);
	pid = fork();
	if (pid < 0)
		wire_quit("fork: %s", strerror(errno));
	if (!pid)
		work(role);
	return pid;
}

/* Returns how it ended; what was killed has to end in time, whatever it was at. */
static int await_end(pid_t pid, const char *name)
{
	uint64_t until = now_ms() + END_MS;
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (now_ms() > until) {
			printf("stress: process %d (%s) survives SIGKILL\n", pid, name);
			exit(2);
		}
		poll(NULL, 0, 2);
	}
	return status;
}

static bool ended_well(int status, const char *name)
{
	if (!WIFEXITED(status))
		return true;	/* killed, as was meant */
	printf("stress: %s had no answer, or something that is needed failed\n", name);
	return false;
}

static bool end(pid_t pid, const char *name)
{
	if (!pid)
		return true;
	kill(pid, SIGKILL);
	return ended_well(await_end(pid, name), name);
}

static bool run(uint64_t seconds)
{
	uint64_t until = now_ms() + seconds * 1000;
	pid_t pids[ARRAY_SIZE(roles)];
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		pids[i] = start(i);
	while (good && now_ms() < until) {
		size_t i = below(ARRAY_SIZE(roles));

		poll(NULL, 0, below(LIFE_MS));
		good = end(pids[i], roles[i].name);
		figures->killed += pids[i] != 0;
		pids[i] = start(i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		good &= end(pids[i], roles[i].name);
	return good;
}

/* A request that was under way when its process was killed may yet be done, so a device may have gone by itself. */
static bool delete_all(void)
{
	bool good = true;

	wire_open(&wire);
	for (unsigned int n = 0; n < DEVICES; n++) {
		struct wire_answer answer;
		struct nl_msg *msg;
		char name[16];
		uint64_t until = now_ms() + END_MS;

		snprintf(name, sizeof(name), "s%u", n);
		do {
			msg = about(VDPA_CMD_DEV_DEL, NLM_F_ACK, name);
			wire_ask(&wire, nlmsg_hdr(msg), NULL, NULL, &answer);
			nlmsg_free(msg);
		} while (answer.err != ENODEV && answer.end == WIRE_ANSWERED && now_ms() < until &&
			 !poll(NULL, 0, 1));
		if (answer.err != ENODEV) {
			printf("stress: %s cannot be deleted: %s\n", name, answer.message);
			good = false;
		}
	}
	return good;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ }
	};
	uint64_t seconds = 60, seed = 1;
	bool good;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 't': seconds = wire_number(optarg); break;
		case 's': seed = wire_number(optarg); break;
		default: wire_quit("Usage: stress [--seconds N] [--seed N] [MODULE.ko…]");
		}
	}
	modules = argv + optind;
	n_modules = argc - optind;
	rnd = wire_random_start(seed, 0);
	figures = mmap(NULL, sizeof(*figures), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (figures == MAP_FAILED)
		wire_quit("mmap: %s", strerror(errno));

	good = run(seconds);
	for (size_t i = 0; i < n_modules; i++)
		load_module(modules[i]);
	good &= delete_all();
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		printf("%s %llu ", roles[i].name, (unsigned long long)figures->done[i]);
	printf("killed %llu\n", (unsigned long long)figures->killed);
	return good ? 0 : 2;
}
