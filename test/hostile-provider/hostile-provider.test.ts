// One file for all of them, since every test file is a process of its own, and each of those would
// spend most of its time on making RSA keys.
import './behaviour-tests.ts';
import './by-reference-tests.ts';
import './faults-tests.ts';
import './helpers-tests.ts';
import './honest-tests.ts';
import './requests-tests.ts';
