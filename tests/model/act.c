// SPDX-License-Identifier: GPL-2.0-or-later
/* What threads ask for: by netlink as a script does, through the character device as a monitor does, by sysfs as the host does. */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "model.h"
#include "vhost_newer.h"

#define BUS	"/sys/bus/vdpa"
#define MODULE	"vdpa_sim_blk"
#define PARENT	"vdpasim_blk"

enum { PATH_SIZE = 512 };

static const char *module_path;

static const char *const names[NAMES] = { "model0", "model1", [TAKEN] = "platform" };

void act_open(struct actor *actor, uint64_t seed, uint64_t n)
{
	*actor = (struct actor){ .rnd = wire_random_start(seed, n), .fd = -1 };
	wire_open(&actor->wire);
}

void act_module(const char *path)
{
	module_path = path;
}

/* Netlink */

/* How each kind is asked for */
static const struct request {
	uint8_t command;
	bool dump;		/* as a dump that names a device, or all */
	const char *driver;
	uint32_t deadline;	/* in ms */
	uint16_t queue;		/* the attribute that says which queue */
	uint16_t flag;		/* an attribute without a value */
} requests[KINDS] = {
	[ADD] = { VDPA_CMD_DEV_NEW },
	[DELETE] = { VDPA_CMD_DEV_DEL },
	[DELETE_NOWAIT] = { VDPA_CMD_DEV_DEL, .flag = VDPA_ATTR_NOWAIT },
	[SHOW] = { VDPA_CMD_DEV_GET },
	[CONFIG] = { VDPA_CMD_DEV_CONFIG_GET },
	[QUEUES] = { VDPA_CMD_DEV_VQ_GET, .queue = VDPA_ATTR_DEV_QUEUE_INDEX },
	[COUNTERS] = { VDPA_CMD_DEV_VSTATS_GET, .queue = VDPA_ATTR_DEV_QUEUE_INDEX },
	[DESCRIBE] = { VDPA_CMD_DEV_MIGRATION_GET },
	[SAVE] = { VDPA_CMD_DEV_STATE_GET, .dump = true },
	[SET_MAC] = { VDPA_CMD_DEV_ATTR_SET },
	[SET_QUEUE] = { VDPA_CMD_DEV_VQ_SET, .queue = VDPA_ATTR_DEV_QUEUE_INDEX },
	[SUSPEND] = { VDPA_CMD_DEV_SUSPEND },
	[RESUME] = { VDPA_CMD_DEV_RESUME },
	[SUSPEND_TWO] = { VDPA_CMD_DEV_SUSPEND },
	[GIVE] = { VDPA_CMD_DEV_DRIVER_SET, .driver = "vhost_vdpa" },
	[FREE] = { VDPA_CMD_DEV_DRIVER_SET, .driver = VDPA_DRIVER_NONE, .deadline = 100000 },
	[FREE_NOW] = { VDPA_CMD_DEV_DRIVER_SET, .driver = VDPA_DRIVER_NONE },
	[LIST] = { VDPA_CMD_DEV_GET, .dump = true },
};

static void put_name(struct nl_msg *msg, const struct op *op)
{
	struct nlattr *nest;

	if (op->kind == LIST)
		return;
	if (op->kind != SUSPEND_TWO) {
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, names[op->name]);
		return;
	}
	nest = nla_nest_start(msg, VDPA_ATTR_DEV_GROUP);
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, names[op->name]);
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, names[op->other]);
	nla_nest_end(msg, nest);
}

static struct nl_msg *make_request(struct wire *wire, const struct op *op)
{
	const struct request *request = &requests[op->kind];
	struct nl_msg *msg = wire_request(wire, request->command, request->dump ? NLM_F_DUMP : NLM_F_ACK);
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 1 };
	const uint32_t queue = 0;
	const uint16_t position = 0;

	put_name(msg, op);
	if (request->queue)
		wire_put(msg, request->queue, &queue, sizeof(queue));
	if (request->flag)
		wire_put(msg, request->flag, NULL, 0);
	if (request->driver)
		wire_put_string(msg, VDPA_ATTR_DEV_DRIVER, request->driver);
	if (request->deadline)
		wire_put(msg, VDPA_ATTR_DEADLINE, &request->deadline, sizeof(request->deadline));
	if (op->kind == ADD)
		wire_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, PARENT);
	if (op->kind == SET_MAC)
		wire_put(msg, VDPA_ATTR_DEV_NET_CFG_MACADDR, mac, sizeof(mac));
	if (op->kind == SET_QUEUE)
		wire_put(msg, VDPA_ATTR_VQ_AVAIL_INDEX, &position, sizeof(position));
	return msg;
}

static void take_device(struct nlmsghdr *nlh, void *data)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *name, *state, *holds;
	struct op *op = data;

	if (op->kind != SHOW && op->kind != LIST)
		return;
	name = nla_find(genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), VDPA_ATTR_DEV_NAME);
	state = nla_find(genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), VDPA_ATTR_DEV_STATE);
	holds = nla_find(genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), VDPA_ATTR_DEV_SUSPENDED_BY);
	for (unsigned int i = 0; name && i < NAMES; i++)
		if (!strcmp(nla_get_string(name), names[i]))
			op->seen[i] = (struct seen){
				true, state ? nla_get_u8(state) : 0, holds ? nla_get_u8(holds) : 0,
			};
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void ask_netlink(struct actor *actor, struct op *op)
{
	struct nl_msg *msg = make_request(&actor->wire, op);
	struct wire_answer answer;

	if (op->fate == LOST) {
		if (!wire_send(&actor->wire, nlmsg_hdr(msg), &answer))
			wire_quit("model: sending: %s", strerror(answer.err));
		wire_reopen(&actor->wire);
	} else {
		wire_ask(&actor->wire, nlmsg_hdr(msg), take_device, op, &answer);
		if (answer.end != WIRE_ANSWERED)
			wire_quit("model: no answer to %s %s", kind_names[op->kind], names[op->name]);
		op->err = answer.err;
	}
	nlmsg_free(msg);
}

/*
 * Somebody has the device open without using it, and has not closed it within a second. It goes back to its driver some time
 * after the answer, which nobody can see; what is deleted meanwhile does not.
 */
static void free_now(struct actor *actor, struct op *op)
{
	double began = now();
	struct op del = { .kind = DELETE, .name = op->name };

	ask_netlink(actor, op);
	if (op->err != EBUSY || now() - began < 0.9)
		return;
	actor->void_window = true;
	ask_netlink(actor, &del);
}

/* The character device */

/* The entry of the device's directory that is its character device; false if there is none. */
static bool find_node(unsigned int name, char *node, size_t size)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), BUS "/devices/%s", names[name]);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = !strncmp(entry->d_name, "vhost-vdpa-", strlen("vhost-vdpa-")) &&
			snprintf(node, size, "%s", entry->d_name) < (int)size;
	if (dir)
		closedir(dir);
	return found;
}

/* Whether an open file is that device's: another one may have got the number meanwhile. */
static bool is_its_node(unsigned int name, const char *node, int fd)
{
	unsigned int major, minor;
	char path[PATH_SIZE];
	struct stat status;
	FILE *file;
	bool its;

	snprintf(path, sizeof(path), BUS "/devices/%s/%s/dev", names[name], node);
	file = fopen(path, "re");
	if (!file)
		return false;
	its = fscanf(file, "%u:%u", &major, &minor) == 2 && fstat(fd, &status) == 0 &&
	      status.st_rdev == makedev(major, minor);
	fclose(file);
	return its;
}

static int open_node(struct actor *actor, unsigned int name)
{
	char node[64], path[PATH_SIZE];
	int fd;

	if (!find_node(name, node, sizeof(node)))
		return ENOENT;
	snprintf(path, sizeof(path), "/dev/%s", node);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno;
	if (!is_its_node(name, node, fd)) {
		close(fd);
		actor->void_window = true;
		return ENOENT;
	}
	if (ioctl(fd, VHOST_SET_OWNER, NULL))
		wire_quit("model: VHOST_SET_OWNER: %s", strerror(errno));
	actor->fd = fd;
	actor->opened = name;
	return 0;
}

static int set_status(int fd, uint8_t status)
{
	return ioctl(fd, VHOST_VDPA_SET_STATUS, &status) ? errno : 0;
}

static int start_device(int fd)
{
	static const uint8_t steps[] = {
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER,
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK,
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK |
			VIRTIO_CONFIG_S_DRIVER_OK,
	};
	uint64_t features = 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM;
	int err = set_status(fd, steps[0]);

	if (!err && ioctl(fd, VHOST_SET_FEATURES, &features))
		err = errno;
	for (unsigned int i = 1; !err && i < ARRAY_SIZE(steps); i++)
		err = set_status(fd, steps[i]);
	return err;
}

static int use_node(struct actor *actor, enum kind kind)
{
	switch (kind) {
	case START:
		actor->started = true;
		return start_device(actor->fd);
	case HOLD:
		return ioctl(actor->fd, VHOST_VDPA_SUSPEND) ? errno : 0;
	case RELEASE:
		return ioctl(actor->fd, VHOST_VDPA_RESUME) ? errno : 0;
	case RESET:
		actor->started = false;
		return set_status(actor->fd, 0);
	default:	/* CLOSE */
		actor->started = false;
		close(actor->fd);
		actor->fd = -1;
		return 0;
	}
}

/* Sysfs and modules */

static int write_name(const char *path, unsigned int name)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		wire_quit("model: %s: %s", path, strerror(errno));
	if (write(fd, names[name], strlen(names[name])) < 0)
		err = errno;
	close(fd);
	return err;
}

static int load_module(void)
{
	int fd = open(module_path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		wire_quit("model: %s: %s", module_path, strerror(errno));
	if (syscall(SYS_finit_module, fd, "", 0))
		err = errno;
	close(fd);
	return err;
}

static int change_host(const struct op *op)
{
	switch (op->kind) {
	case BIND:
		return write_name(BUS "/drivers/vhost_vdpa/bind", op->name);
	case UNBIND:
		return write_name(BUS "/drivers/vhost_vdpa/unbind", op->name);
	case UNLOAD:
		return syscall(SYS_delete_module, MODULE, 0) ? errno : 0;
	default:	/* LOAD */
		return load_module();
	}
}

/* Ask for it, and wait for the answer unless that is lost. */
void act(struct actor *actor, struct op *op)
{
	if (op->kind == FREE_NOW)
		free_now(actor, op);
	else if (op->kind <= LIST)
		ask_netlink(actor, op);
	else if (op->kind == OPEN)
		op->err = open_node(actor, op->name);
	else if (op->kind <= CLOSE)
		op->err = use_node(actor, op->kind);
	else
		op->err = change_host(op);
}

static struct op ask_now(struct actor *actor, enum kind kind, unsigned int name)
{
	struct op op = { .kind = kind, .name = name };

	act(actor, &op);
	return op;
}

/* All are at rest: wait until what was begun has come to its end, also what nobody waits for. */
void act_settle(struct actor *actor)
{
	struct wire_answer answer;
	struct nl_msg *msg;

	for (unsigned int name = 0; name < NAMES; name++)
		while (ask_now(actor, SHOW, name).seen[name].state == VDPA_DEV_STATE_REMOVING)
			poll(NULL, 0, 1);
	/* The parent does one thing after the other. */
	for (unsigned int i = 0; i < 2; i++) {
		msg = wire_request(&actor->wire, i ? VDPA_CMD_DEV_DEL : VDPA_CMD_DEV_NEW, NLM_F_ACK);
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, "model-last");
		wire_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, PARENT);
		wire_ask(&actor->wire, nlmsg_hdr(msg), NULL, NULL, &answer);
		nlmsg_free(msg);
	}
}

static enum wanted look_wanted(unsigned int name)
{
	char path[PATH_SIZE], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), BUS "/devices/%s/driver_override", names[name]);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%63s", text) != 1)
		wire_quit("model: %s: nothing to be read", path);
	fclose(file);
	if (!strcmp(text, "(null)"))
		return ANY;
	return strcmp(text, VDPA_DRIVER_NONE) ? VHOST : NONE;
}

/* What is true of a name while all are at rest. The kernel and sysfs have to agree. */
struct state act_look(struct actor *actor, unsigned int name)
{
	struct op op = ask_now(actor, SHOW, name);
	struct state state = { .parent = access("/sys/module/" MODULE, F_OK) ? DOWN : UP };
	char path[PATH_SIZE];
	bool there;

	snprintf(path, sizeof(path), BUS "/devices/%s", names[name]);
	there = !access(path, F_OK);
	if ((op.err && op.err != ENODEV) || there != !op.err)
		wire_quit("model: %s: the kernel says %s, and sysfs %s it", names[name], strerror(op.err),
			  there ? "has" : "lacks");
	if (!there)
		return state;
	state.life = PRESENT;
	state.holds = op.seen[name].holds;
	state.started = op.seen[name].state != VDPA_DEV_STATE_INACTIVE;
	snprintf(path, sizeof(path), BUS "/devices/%s/driver", names[name]);
	state.bond = access(path, F_OK) ? UNBOUND : BOUND;
	state.wanted = look_wanted(name);
	return state;
}
