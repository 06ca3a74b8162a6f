#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whether a module fits the kernel that it was built for, where no checksums tell: kernel/check-symbols. The kernel here is made of
# a few lines of C, the headers and modules of one: as large as it takes to have what is compared.

load ../lib/common

SYMBOLS=(__vdpa_alloc_device _vdpa_register_device _vdpa_unregister_device vdpa_register_device vdpa_unregister_device
	__vdpa_register_driver vdpa_unregister_driver vdpa_mgmtdev_register vdpa_mgmtdev_unregister vdpa_get_config
	vdpa_set_config vdpa_set_status)

setup() {
	common_setup
	cd "$BATS_TEST_TMPDIR" || return
	KDIR=$BATS_TEST_TMPDIR/usr/src/headers
	THEIRS=$BATS_TEST_TMPDIR/lib/modules/9.9-test/kernel/drivers/vdpa
	mkdir -p "$KDIR/include/generated" "$THEIRS" ours
	echo '#define UTS_RELEASE "9.9-test"' >"$KDIR/include/generated/utsrelease.h"
	printf '0x00000000\t%s\tdrivers/vdpa/vdpa\tEXPORT_SYMBOL_GPL\t\n' "${SYMBOLS[@]}" >"$KDIR/Module.symvers"
	printf '0x00000000\t%s\tvdpa\tEXPORT_SYMBOL_GPL\t\n' "${SYMBOLS[@]}" __vdpa_mgmtdev_refuse \
		__vdpa_mgmtdev_register_migration >ours/Module.symvers
	write_sources
	gcc -g -c -o "$KDIR/vmlinux" kernel.c
	pahole -J "$KDIR/vmlinux"
	module "$THEIRS/vdpa.ko"
	module ours/vdpa.ko
}

write_sources() {
	cat >kernel.h <<-'END'
		struct device { const char *name; void *data; };
		struct device_driver { const char *name; };
		struct module;
	END
	cat >kernel.c <<-'END'
		#include "kernel.h"
		struct device a_device;
		struct device_driver a_driver;
	END
	cat >vdpa.c <<-'END'
		#include "kernel.h"
		struct vdpa_config_ops;
		struct vdpa_mgmt_dev;
		struct vdpa_device { struct device dev; const struct vdpa_config_ops *config; unsigned int valid:1; };
		struct vdpa_config_ops { void (*kick_vq)(struct vdpa_device *vdev, unsigned short idx); };
		struct vdpa_mgmt_dev { struct device *device; unsigned long long features; };
		struct vdpa_driver { struct device_driver driver; };
		struct vdpa_mgmt_dev a_mgmtdev;
		struct vdpa_device a_vdev;
		struct vdpa_config_ops an_ops;
		struct vdpa_device *__vdpa_alloc_device(struct device *parent, const struct vdpa_config_ops *ops) { return &a_vdev; }
		int _vdpa_register_device(struct vdpa_device *vdev, unsigned int nvqs) { return 0; }
		void _vdpa_unregister_device(struct vdpa_device *vdev) { }
		int vdpa_register_device(struct vdpa_device *vdev, unsigned int nvqs) { return 0; }
		void vdpa_unregister_device(struct vdpa_device *vdev) { }
		int __vdpa_register_driver(struct vdpa_driver *drv, struct module *owner) { return 0; }
		void vdpa_unregister_driver(struct vdpa_driver *drv) { }
		int vdpa_mgmtdev_register(struct vdpa_mgmt_dev *mdev) { return 0; }
		void vdpa_mgmtdev_unregister(struct vdpa_mgmt_dev *mdev) { }
		void vdpa_get_config(struct vdpa_device *vdev, unsigned int offset, void *buf) { }
		void vdpa_set_config(struct vdpa_device *vdev, unsigned int offset, const void *buf) { }
		void vdpa_set_status(struct vdpa_device *vdev, unsigned char status) { }
	END
}

# module FILE [SED-SCRIPT] - a module of the source, changed by the script
module() {
	sed "${2-}" vdpa.c >changed.c
	[ -z "${2-}" ] || run ! cmp -s vdpa.c changed.c
	gcc -g -c -o "$1" changed.c
	pahole -J --btf_base "$KDIR/vmlinux" "$1"
}

check() { "$VDPA_TOP/kernel/check-symbols" ours "$KDIR"; }

# differs SED-SCRIPT PATTERN - ours, changed by the script, is found not to fit, and why is said
differs() {
	module ours/vdpa.ko "$1"
	run -1 check
	assert_match "$output" "$2"
}

@test "a module that fits does, whatever its parameters are called" {
	run -0 check
	[ -z "$output" ]
	module ours/vdpa.ko 's/unsigned int nvqs/unsigned int queues/'
	run -0 check
}

@test "a structure that is laid out differently does not fit" {
	differs 's/struct device dev;/struct device dev; void *map;/' '> struct vdpa_device: map at 16, 8: pointer to void'
	differs 's/unsigned int valid:1/unsigned int valid:2/' '> struct vdpa_device: valid at 24, 2 bits: unsigned int'
	differs 's/unsigned long long features/unsigned int features/' '< struct vdpa_mgmt_dev: features at 8, 8: long long unsigned int'
	differs 's/unsigned short idx/unsigned int idx/' '> struct vdpa_config_ops: kick_vq .*\(pointer to struct vdpa_device, unsigned int\)'
}

@test "a symbol with another prototype does not fit" {
	differs 's/, const void \*buf)/, const void *buf, unsigned int len)/' \
		'> vdpa_set_config: void \(pointer to struct vdpa_device, unsigned int, pointer to const void, unsigned int\)'
	differs 's/^int vdpa_mgmtdev_register/long vdpa_mgmtdev_register/' '> vdpa_mgmtdev_register: long int'
}

@test "a symbol that is missing, or of which BTF tells nothing, does not fit" {
	differs '/vdpa_set_status/d' 'BTF says nothing of vdpa_set_status'
	sed -i '/vdpa_set_status/d' ours/Module.symvers
	run -1 check
	assert_match "$output" '< vdpa_set_status 0x00000000'
}

@test "a kernel that changed what its own structures hold is told by the size" {
	sed -i 's/void \*data;/void *data, *more;/' kernel.h
	module "$THEIRS/vdpa.ko"
	run -1 check
	assert_match "$output" 'struct vdpa_device: dev at 0, 24: struct device'
}

@test "a packed module of the kernel's is unpacked; where there is none, that is said" {
	xz "$THEIRS/vdpa.ko"
	run -0 check
	[ -z "$output" ]
	differs 's/struct device dev;/struct device dev; void *map;/' 'map at 16'

	rm "$THEIRS/vdpa.ko.xz"
	run -0 check
	assert_match "$output" 'its own vdpa.ko is not here: nothing to compare with'
}

@test "checksums are compared where there are some" {
	sed -i 's/^0x00000000/0x12345678/' "$KDIR/Module.symvers" ours/Module.symvers
	module ours/vdpa.ko 's/struct device dev;/struct device dev; void *map;/'
	run -0 check
	sed -i '/vdpa_set_status/s/^0x12345678/0x87654321/' ours/Module.symvers
	run -1 check
	assert_match "$output" '> vdpa_set_status 0x87654321'
}
