// The first picture.

changed();
