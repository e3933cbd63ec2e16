// Whoever needs more than that it is there has come to the wrong package: see README.md.
module.exports = {};
