// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module and the build of a parent driver: see build.h.
 *
 * The module is the one that contains the parent's operations. Its build is identified by the build
 * ID note that the linker wrote; sysfs keeps it.
 */
#include <linux/elf.h>
#include <linux/hex.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/utsname.h>
#include <linux/vdpa.h>

#include "build.h"
#include "mgmtdev.h"

/* Largest build ID in bytes: a SHA-1. */
#define BUILD_ID_MAX	20

/* The linker's note: owner (with terminator) and type. */
#define NOTE_NAME	"GNU"
#define NOTE_BUILD_ID	3

/*
 * Return: the sysfs object of the module with the parent's code, to be put with kobject_put(); NULL
 * if it is built into the kernel. Many management devices have no driver, and so no driver.owner.
 */
static struct module_kobject *find_module_of(const struct vdpa_mgmtdev *mgmtdev)
{
	unsigned long code = (unsigned long)mgmtdev->mdev->ops->dev_add;
	struct kset *modules = THIS_MODULE->mkobj.kobj.kset;
	struct module_kobject *module, *found = NULL;

	if (!modules)
		return NULL;
	spin_lock(&modules->list_lock);
	list_for_each_entry(module, &modules->list, kobj.entry) {
		if (!module->mod || !within_module(code, module->mod))
			continue;
		if (kobject_get_unless_zero(&module->kobj))
			found = module;
		break;
	}
	spin_unlock(&modules->list_lock);
	return found;
}

/**
 * vdpa_build_module - get the name of a parent's module
 * @mgmtdev: one of its management devices, which is registered
 * @buf: set to the name; "" if built into the kernel
 * @size: bytes in @buf
 */
void vdpa_build_module(const struct vdpa_mgmtdev *mgmtdev, char *buf, size_t size)
{
	struct module_kobject *module = find_module_of(mgmtdev);

	strscpy(buf, module ? kobject_name(&module->kobj) : "", size);
	if (module)
		kobject_put(&module->kobj);
}

/* Read the build ID from a note of @len bytes. Return: whether it is a build ID note. */
static bool read_note(const void *data, size_t len, char *hex)
{
	const struct elf_note *note = data;
	const u8 *id;

	if (len < sizeof(*note) || note->n_type != NOTE_BUILD_ID ||
	    note->n_namesz != sizeof(NOTE_NAME) || note->n_descsz > BUILD_ID_MAX ||
	    len - sizeof(*note) < note->n_namesz + note->n_descsz)
		return false;
	id = data + sizeof(*note) + note->n_namesz;
	bin2hex(hex, id, note->n_descsz);
	hex[2 * note->n_descsz] = '\0';
	return true;
}

/* Return: whether the module has a build ID. The sysfs file's attribute points to the note. */
static bool read_build_id(struct module_kobject *module, char *hex)
{
	struct kernfs_node *notes = sysfs_get_dirent(module->kobj.sd, "notes");
	struct kernfs_node *file = NULL;
	bool found = false;

	if (notes)
		file = sysfs_get_dirent(notes, ".note.gnu.build-id");
	if (file) {
		const struct bin_attribute *attr = file->priv;

		found = attr->private && read_note(attr->private, attr->size, hex);
	}
	kernfs_put(file);
	kernfs_put(notes);
	return found;
}

/**
 * vdpa_build_identity - get a string that identifies the build of a parent driver
 * @mgmtdev: the parent, which is registered
 * @buf: set to the string
 * @size: bytes in @buf
 *
 * It consists of the kernel's release and version, which identify a built-in driver, and for a
 * module its build ID, else its srcversion, if any. The load address has no influence.
 */
void vdpa_build_identity(const struct vdpa_mgmtdev *mgmtdev, char *buf, size_t size)
{
	struct module_kobject *module = find_module_of(mgmtdev);
	char hex[2 * BUILD_ID_MAX + 1] = "";
	const char *id = hex;

	if (module && !read_build_id(module, hex) && module->mod && module->mod->srcversion)
		id = module->mod->srcversion;
	snprintf(buf, size, "build %s %s%s%s", init_utsname()->release, init_utsname()->version,
		 id[0] ? " " : "", id);
	if (module)
		kobject_put(&module->kobj);
}
