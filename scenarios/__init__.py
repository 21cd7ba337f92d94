"""The known failures, one file each, in the folder of the step they belong to."""
