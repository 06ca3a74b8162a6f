// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, for tests. In debugfs:
 *
 *   PARENT/{add,suspend,resume,describe,check,save,load}_{delay_ms,errno,nth}   PARENT/del_delay_ms
 *   PARENT/version   PARENT/accepts
 *   PARENT/devices/DEVICE/{suspend,resume,save,load}_{delay_ms,errno,nth}
 *   PARENT/devices/DEVICE/del_delay_ms   PARENT/devices/DEVICE/stall
 *
 * Those of the parent hold for all its devices. delay_ms: the operation takes that long, or until a
 * signal; one under way ends the sooner when a shorter time is written. errno: it then fails with
 * that error, every time, or once and only the nth time from now on where nth is not 0. A delete
 * cannot fail in vDPA. stall: a mask of the virtqueues that shall not move; they rest when the
 * write returns. version: of the private state, as the vDPA core is told; empty: none is declared.
 * accepts: the ranges of versions that are accepted.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

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

/* In ms: how often an operation that is delayed looks whether it still shall be. */
#define DELAY_LOOK_MS	10

static int wait_out(const u32 *delay_ms)
{
	unsigned long begin = jiffies, end;

	while (end = begin + msecs_to_jiffies(READ_ONCE(*delay_ms)), time_before(jiffies, end))
		if (msleep_interruptible(min(jiffies_to_msecs(end - jiffies), DELAY_LOOK_MS)))
			return -EINTR;
	return 0;
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
	return wait_out(&fault->delay_ms) ?: take_errno(fault);
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

/**
 * vdpasim_text_init - set a word at first
 * @text: for the word
 * @word: the word
 */
void vdpasim_text_init(struct vdpasim_text *text, const char *word)
{
	mutex_init(&text->lock);
	strscpy(text->word, word);
}

/**
 * vdpasim_text_read - copy a word
 * @text: has it
 * @word: VDPASIM_TEXT_MAX bytes
 *
 * May sleep.
 */
void vdpasim_text_read(struct vdpasim_text *text, char *word)
{
	mutex_lock(&text->lock);
	strscpy(word, text->word, VDPASIM_TEXT_MAX);
	mutex_unlock(&text->lock);
}

static int text_show(struct seq_file *seq, void *unused)
{
	char word[VDPASIM_TEXT_MAX];

	vdpasim_text_read(seq->private, word);
	seq_printf(seq, "%s\n", word);
	return 0;
}

static int text_open(struct inode *inode, struct file *file)
{
	return single_open(file, text_show, inode->i_private);
}

static ssize_t text_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct vdpasim_text *text = file_inode(file)->i_private;
	char word[VDPASIM_TEXT_MAX];

	if (len >= sizeof(word))
		return -ENAMETOOLONG;
	if (copy_from_user(word, buf, len))
		return -EFAULT;
	word[len] = '\0';

	mutex_lock(&text->lock);
	strscpy(text->word, strim(word));
	mutex_unlock(&text->lock);
	return len;
}

static const struct file_operations text_fops = {
	.owner		= THIS_MODULE,
	.open		= text_open,
	.read		= seq_read,
	.write		= text_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

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
	create_fault(parent->dir, "describe", &parent->describe);
	create_fault(parent->dir, "check", &parent->check);
	create_fault(parent->dir, "save", &parent->save);
	create_fault(parent->dir, "load", &parent->load);
	create_fault(parent->dir, "get_vq_state", &parent->get_vq_state);
	create_fault(parent->dir, "set_vq_state", &parent->set_vq_state);
	debugfs_create_file("version", KNOB_MODE, parent->dir, &parent->version, &text_fops);
	debugfs_create_file("accepts", KNOB_MODE, parent->dir, &parent->accepts, &text_fops);
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
	create_fault(sim->dir, "save", &sim->save);
	create_fault(sim->dir, "load", &sim->load);
	create_fault(sim->dir, "get_vq_state", &sim->get_vq_state);
	create_fault(sim->dir, "set_vq_state", &sim->set_vq_state);
	debugfs_create_file_unsafe("stall", KNOB_MODE, sim->dir, sim, &stall_fops);
}
