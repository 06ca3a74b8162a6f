// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs files by which tests set faults:
 *
 *   PARENT/{add,suspend,resume,describe,check,save,load,unload,estimate}_{delay_ms,errno,nth}
 *   PARENT/{get,set}_vq_state_{delay_ms,errno,nth}
 *   PARENT/precopy_{begin,read,info,save,load}_{delay_ms,errno,nth}
 *   PARENT/{del,precopy_end,precopy_drop}_delay_ms
 *   PARENT/dirty_{start,read,stop}_{delay_ms,errno,nth}
 *   PARENT/version   PARENT/accepts
 *   PARENT/devices/DEVICE/{suspend,resume,save,load}_{delay_ms,errno,nth}
 *   PARENT/devices/DEVICE/{get,set}_vq_state_{delay_ms,errno,nth}
 *   PARENT/devices/DEVICE/dirty_{start,read,stop}_{delay_ms,errno,nth}
 *   PARENT/devices/DEVICE/del_delay_ms   PARENT/devices/DEVICE/stall
 *
 * Those of the parent apply to all its devices.
 *
 * - delay_ms: the operation takes so long, or until a signal. A shorter value also shortens an
 *   operation under way.
 * - errno: the operation then fails with this error: every time, or, if nth is not 0, only the
 *   nth time from now. A deletion cannot fail in vDPA.
 * - stall: a mask of the virtqueues to stop. They are stopped when the write returns.
 * - version: the version of the private state, for the vDPA core; empty: none is declared.
 * - accepts: the ranges of versions that are accepted.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "sim.h"

#define KNOB_MODE	0600

static bool knobs = true;
module_param(knobs, bool, 0444);
MODULE_PARM_DESC(knobs, "Directories in debugfs by which a test makes operations slow or fail (default Y)");

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
 * vdpasim_knobs_parent - create the directories of a management device and its knobs
 * @parent: the management device; without knobs its directories are error pointers, in which
 *	debugfs creates nothing
 */
void vdpasim_knobs_parent(struct vdpasim_parent *parent)
{
	parent->dir = knobs ? debugfs_create_dir(parent->name, NULL) : ERR_PTR(-ENODEV);
	parent->devices = debugfs_create_dir("devices", parent->dir);
	create_fault(parent->dir, "add", &parent->add);
	create_delay(parent->dir, "del", &parent->del);
	create_fault(parent->dir, "suspend", &parent->suspend);
	create_fault(parent->dir, "resume", &parent->resume);
	create_fault(parent->dir, "describe", &parent->describe);
	create_fault(parent->dir, "check", &parent->check);
	create_fault(parent->dir, "save", &parent->save);
	create_fault(parent->dir, "load", &parent->load);
	create_fault(parent->dir, "unload", &parent->unload);
	create_fault(parent->dir, "dirty_start", &parent->dirty_start);
	create_fault(parent->dir, "dirty_read", &parent->dirty_read);
	create_fault(parent->dir, "dirty_stop", &parent->dirty_stop);
	create_fault(parent->dir, "get_vq_state", &parent->get_vq_state);
	create_fault(parent->dir, "set_vq_state", &parent->set_vq_state);
	create_fault(parent->dir, "estimate", &parent->estimate);
	create_fault(parent->dir, "precopy_begin", &parent->precopy_begin);
	create_fault(parent->dir, "precopy_read", &parent->precopy_read);
	create_fault(parent->dir, "precopy_info", &parent->precopy_info);
	create_fault(parent->dir, "precopy_save", &parent->precopy_save);
	create_delay(parent->dir, "precopy_end", &parent->precopy_end);
	create_fault(parent->dir, "precopy_load", &parent->precopy_load);
	create_delay(parent->dir, "precopy_drop", &parent->precopy_drop);
	debugfs_create_file("version", KNOB_MODE, parent->dir, &parent->version, &text_fops);
	debugfs_create_file("accepts", KNOB_MODE, parent->dir, &parent->accepts, &text_fops);
}

/**
 * vdpasim_knobs_device - create the directory of a device and its knobs
 * @sim: device; vdpasim_dev_del() removes the directory
 */
void vdpasim_knobs_device(struct vdpasim *sim)
{
	sim->dir = debugfs_create_dir(dev_name(&sim->vdpa.dev), sim->parent->devices);
	create_delay(sim->dir, "del", &sim->del);
	create_fault(sim->dir, "suspend", &sim->suspend);
	create_fault(sim->dir, "resume", &sim->resume);
	create_fault(sim->dir, "save", &sim->save);
	create_fault(sim->dir, "load", &sim->load);
	create_fault(sim->dir, "dirty_start", &sim->dirty_start);
	create_fault(sim->dir, "dirty_read", &sim->dirty_read);
	create_fault(sim->dir, "dirty_stop", &sim->dirty_stop);
	create_fault(sim->dir, "get_vq_state", &sim->get_vq_state);
	create_fault(sim->dir, "set_vq_state", &sim->set_vq_state);
	debugfs_create_file_unsafe("stall", KNOB_MODE, sim->dir, sim, &stall_fops);
}
