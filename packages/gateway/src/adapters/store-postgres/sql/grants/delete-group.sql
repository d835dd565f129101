DELETE FROM grants WHERE lot = $1
