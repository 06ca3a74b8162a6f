// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, for tests. In debugfs:
 *
 *   PARENT/{add,suspend,resume}_{delay_ms,errno,nth}   PARENT/del_delay_ms
 *   PARENT/devices/DEVICE/{suspend,resume}_{delay_ms,errno,nth}   …/del_delay_ms   …/stall
 *
 * Those of the parent hold for all its devices. delay_ms: the operation takes that long, or until a
 * signal. errno: it then fails with that error, every time, or once and only the nth time from now
 * on where nth is not 0. A delete cannot fail in vDPA. stall: a mask of the virtqueues that shall
 * not move; they rest when the write returns.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>

#include "sim.h"

#define KNOB_MODE	0600

/* Makes counting down nth one step for callers that race. Nothing is taken under it. */
static DEFINE_SPINLOCK(nth_lock);

static int take_errno(struct vdpasim_fault *fault)
{
	int err;

	spin_lock(&nth_lock);
	err = -(int)min_t(u32, fault->errno, MAX_ERRNO);
	if (err && fault->nth) {
		if (--fault->nth)
			err = 0;
		else
			fault->errno = 0;
	}
	spin_unlock(&nth_lock);
	return err;
}

/**
 * vdpasim_fault - let go wrong what a test has asked for
 * @fault: of the operation that is about to be done
 *
 * May sleep, until a signal at most; no lock should be held. Return: 0, the error asked for, or
 * -EINTR.
 */
int vdpasim_fault(struct vdpasim_fault *fault)
{
	u32 delay = READ_ONCE(fault->delay_ms);

	if (delay && msleep_interruptible(delay))
		return -EINTR;
	return take_errno(fault);
}
EXPORT_SYMBOL_GPL(vdpasim_fault);

static void create_delay(struct dentry *dir, const char *op, struct vdpasim_fault *fault)
{
	char name[32];

	snprintf(name, sizeof(name), "%s_delay_ms", op);
	debugfs_create_u32(name, KNOB_MODE, dir, &fault->delay_ms);
}

static void create_fault(struct dentry *dir, const char *op, struct vdpasim_fault *fault)
{
	char name[32];

	create_delay(dir, op, fault);
	snprintf(name, sizeof(name), "%s_errno", op);
	debugfs_create_u32(name, KNOB_MODE, dir, &fault->errno);
	snprintf(name, sizeof(name), "%s_nth", op);
	debugfs_create_u32(name, KNOB_MODE, dir, &fault->nth);
}

static int stall_get(void *data, u64 *val)
{
	struct vdpasim *sim = data;

	*val = READ_ONCE(sim->stall);
	return 0;
}

static int stall_set(void *data, u64 val)
{
	struct vdpasim *sim = data;
	int err;

	WRITE_ONCE(sim->stall, val);
	err = vdpasim_settle(sim);
	vdpasim_kick_all(sim);
	return err;
}

DEFINE_DEBUGFS_ATTRIBUTE(stall_fops, stall_get, stall_set, "0x%llx\n");

/**
 * vdpasim_knobs_parent - create the knobs of a management device
 * @parent: has its directories
 */
void vdpasim_knobs_parent(struct vdpasim_parent *parent)
{
	create_fault(parent->dir, "add", &parent->add);
	create_delay(parent->dir, "del", &parent->del);
	create_fault(parent->dir, "suspend", &parent->suspend);
	create_fault(parent->dir, "resume", &parent->resume);
}

/**
 * vdpasim_knobs_device - create the directory of a device and its knobs
 * @sim: device; whoever deletes it removes the directory
 */
void vdpasim_knobs_device(struct vdpasim *sim)
{
	sim->dir = debugfs_create_dir(dev_name(&sim->vdpa.dev), sim->parent->devices);
	create_delay(sim->dir, "del", &sim->del);
	create_fault(sim->dir, "suspend", &sim->suspend);
	create_fault(sim->dir, "resume", &sim->resume);
	debugfs_create_file_unsafe("stall", KNOB_MODE, sim->dir, sim, &stall_fops);
}
